package dev.hermes.api.memory;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * The memories of users. REST and the model's tool come here; every method joins the caller's
 * transaction, and a write has its audit row in the same one.
 */
@Singleton
public final class Memories {
  /** As many as a user may have. */
  static final int MOST = 1000;

  private static final String CHANGE =
      """
      update memories set content = :content, updated_at = now()
      where tenant_id = :tenant and user_id = :user and key = :key
      returning user_id, key, content, created_at, updated_at
      """;
  private static final String ADD =
      """
      insert into memories (tenant_id, user_id, key, content)
      select :tenant, :user, :key, :content
      where :most > (select count(*) from memories where tenant_id = :tenant and user_id = :user)
      on conflict (tenant_id, user_id, key) do update
        set content = excluded.content, updated_at = now()
      returning user_id, key, content, created_at, updated_at
      """;
  private static final String FIND =
      """
      select user_id, key, content, created_at, updated_at from memories
      where tenant_id = :tenant and user_id = :user and key = :key
      """;
  private static final String DELETE =
      "delete from memories where tenant_id = :tenant and user_id = :user and key = :key";
  private static final String NEWEST =
      """
      select user_id, key, content, created_at, updated_at, 0::real as rank from memories
      where tenant_id = :tenant and user_id = :user
        and (:after::timestamptz is null or (updated_at, key) < (:after::timestamptz, :last))
      order by updated_at desc, key desc limit :most
      """;
  private static final String SEARCH =
      """
      select * from (
        select user_id, key, content, created_at, updated_at, ts_rank(search, words) as rank
          from memories, websearch_to_tsquery('simple', :words) as words
         where tenant_id = :tenant and user_id = :user and search @@ words) found
      where :after::timestamptz is null
         or (rank, updated_at, key) < (:rank::real, :after::timestamptz, :last)
      order by rank desc, updated_at desc, key desc limit :most
      """;

  private final TenantDatabase database;
  private final AuditLog audit;

  Memories(TenantDatabase database, AuditLog audit) {
    this.database = database;
    this.audit = audit;
  }

  /** What came of a wish to keep something. */
  public sealed interface Kept {
    record Added(Memory memory) implements Kept {}

    record Changed(Memory memory) implements Kept {}

    /** The user has as many as a user may have. */
    record Full() implements Kept {
      public String message() {
        return "There are " + MOST + " memories of this user, the most there may be: delete some.";
      }
    }
  }

  /** Keeps a text under a name, new or instead of what was there. */
  public Kept set(MemoryOwner owner, MemoryKey key, MemoryText text, Writer writer) {
    return database.inTenant(
        owner.tenant(),
        handle -> {
          Kept kept =
              row(handle.createQuery(CHANGE), owner, key, text)
                  .<Kept>map(Kept.Changed::new)
                  .orElseGet(() -> add(handle, owner, key, text));
          if (!(kept instanceof Kept.Full)) {
            audit.record(
                owner.tenant(), writer.entry("memory.set", "memory:" + key.value(), owner));
          }
          return kept;
        });
  }

  private static Kept add(Handle handle, MemoryOwner owner, MemoryKey key, MemoryText text) {
    // two requests at once could both find room for one
    handle.execute(
        "select pg_advisory_xact_lock(hashtextextended('memories ' || ?::text || ?, 0))",
        owner.tenant().value(),
        owner.user());
    return row(handle.createQuery(ADD).bind("most", MOST), owner, key, text)
        .<Kept>map(memory ->
            memory.createdAt().equals(memory.updatedAt())
                ? new Kept.Added(memory)
                : new Kept.Changed(memory))
        .orElseGet(Kept.Full::new);
  }

  private static Optional<Memory> row(
      Query query, MemoryOwner owner, MemoryKey key, MemoryText text) {
    return owner
        .bind(query)
        .bind("key", key.value())
        .bind("content", text.value())
        .map((row, context) -> Memory.of(row))
        .findOne();
  }

  public Optional<Memory> find(MemoryOwner owner, MemoryKey key) {
    return database.inTenant(
        owner.tenant(),
        handle ->
            owner
                .bind(handle.createQuery(FIND))
                .bind("key", key.value())
                .map((row, context) -> Memory.of(row))
                .findOne());
  }

  /** Newest first; what is searched for, best first. */
  public MemoryPage page(
      MemoryOwner owner, Optional<MemoryQuery> query, Optional<MemoryCursor> after, int limit) {
    List<Ranked> found =
        database.inTenant(
            owner.tenant(),
            handle ->
                query
                    .map(it ->
                        handle
                            .createQuery(SEARCH)
                            .bind("words", it.words())
                            .bind("rank", after.map(MemoryCursor::rank)))
                    .map(it -> ranked(it, owner, after, limit))
                    .orElseGet(() -> ranked(handle.createQuery(NEWEST), owner, after, limit)));
    boolean more = found.size() > limit;
    List<Ranked> page = more ? found.subList(0, limit) : found;
    return new MemoryPage(
        "list",
        page.stream().map(Ranked::memory).toList(),
        more,
        more ? page.getLast().place().toString() : null);
  }

  private record Ranked(Memory memory, MemoryCursor place) {}

  private static List<Ranked> ranked(
      Query query, MemoryOwner owner, Optional<MemoryCursor> after, int limit) {
    return owner
        .bind(query)
        .bind("after", after.map(it -> it.updated().atOffset(ZoneOffset.UTC)))
        .bind("last", after.map(MemoryCursor::key))
        .bind("most", limit + 1)
        .map((row, context) -> {
          Memory memory = Memory.of(row);
          return new Ranked(
              memory,
              new MemoryCursor(
                  row.getFloat("rank"), java.time.Instant.parse(memory.updatedAt()), memory.key()));
        })
        .list();
  }

  /** False when there is none. */
  public boolean delete(MemoryOwner owner, MemoryKey key, Writer writer) {
    return database.inTenant(
        owner.tenant(),
        handle -> {
          boolean deleted =
              owner.bind(handle.createUpdate(DELETE)).bind("key", key.value()).execute() == 1;
          if (deleted) {
            audit.record(
                owner.tenant(), writer.entry("memory.delete", "memory:" + key.value(), owner));
          }
          return deleted;
        });
  }
}

package dev.hermes.api.skill;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.identity.Principal;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * The skills of tenants and users. REST and the model's tool come here; a write has its audit row
 * in the same transaction.
 */
@Singleton
public final class Skills {
  static final int MOST_OF_TENANT = 100;
  static final int MOST_OF_USER = 50;

  private static final String COLUMNS =
      """
      user_id, name, description, sandbox_required, allowed_tools, sandbox_tools, timeout_seconds,
      octet_length(document) as bytes, created_at, updated_at\
      """;
  private static final String CHANGE =
      """
      update skills set description = :description, sandbox_required = :required,
        allowed_tools = :allowed, sandbox_tools = :inSandbox, timeout_seconds = :timeout,
        document = :document, updated_at = now()
      where tenant_id = :tenant and user_id = :user and name = :name
      returning %s
      """
          .formatted(COLUMNS);
  private static final String ADD =
      """
      insert into skills (tenant_id, user_id, name, description, sandbox_required, allowed_tools,
        sandbox_tools, timeout_seconds, document)
      select :tenant, :user, :name, :description, :required, :allowed, :inSandbox, :timeout, :document
      where :most > (select count(*) from skills where tenant_id = :tenant and user_id = :user)
      on conflict (tenant_id, user_id, name) do update
        set description = excluded.description, sandbox_required = excluded.sandbox_required,
            allowed_tools = excluded.allowed_tools, sandbox_tools = excluded.sandbox_tools,
            timeout_seconds = excluded.timeout_seconds, document = excluded.document,
            updated_at = now()
      returning %s
      """
          .formatted(COLUMNS);
  // a user's own stands before the tenant's of that name, and '' sorts before any name
  private static final String FIND =
      """
      select %s, document from skills
      where tenant_id = :tenant and user_id = any(:owners) and name = :name
      order by user_id desc limit 1
      """
          .formatted(COLUMNS);
  private static final String PAGE =
      """
      select * from (
        select distinct on (name) %s from skills
         where tenant_id = :tenant and user_id = any(:owners)
         order by name, user_id desc) visible
      where :after::timestamptz is null or (updated_at, name) < (:after::timestamptz, :last)
      order by updated_at desc, name desc limit :most
      """
          .formatted(COLUMNS);
  private static final String DELETE =
      "delete from skills where tenant_id = :tenant and user_id = :user and name = :name";

  private final TenantDatabase database;
  private final Installed installed;
  private final AuditLog audit;

  Skills(TenantDatabase database, Installed installed, AuditLog audit) {
    this.database = database;
    this.installed = installed;
    this.audit = audit;
  }

  /** A skill that a model has called for. */
  public record Called(SkillRules rules, String instructions) {}

  /** What came of a wish to install something. */
  sealed interface Kept {
    record Added(Skill skill) implements Kept {}

    record Replaced(Skill skill) implements Kept {}

    record Full(String message) implements Kept {}
  }

  /** The one that the caller's turns have under that name; joins the caller's transaction. */
  public Optional<Called> call(Principal caller, SkillName name) {
    return database.inTenant(
        caller.tenant(),
        handle ->
            query(handle, FIND, caller, SkillOwner.visible(caller))
                .bind("name", name.value())
                .map((row, context) -> called(name, row))
                .findOne());
  }

  /**
   * @param owners whose, the one that counts last
   */
  Optional<Skill> find(Principal caller, Set<String> owners, SkillName name) {
    return database.inTenant(
        caller.tenant(),
        handle ->
            query(handle, FIND, caller, owners)
                .bind("name", name.value())
                .map((row, context) -> Skill.of(row, row.getString("document")))
                .findOne());
  }

  /** The one that was installed last first; one of each name. */
  SkillPage page(Principal caller, Set<String> owners, Optional<SkillCursor> after, int limit) {
    List<Skill> found =
        database.inTenant(
            caller.tenant(),
            handle ->
                query(handle, PAGE, caller, owners)
                    .bind("after", after.map(it -> it.updated().atOffset(ZoneOffset.UTC)))
                    .bind("last", after.map(SkillCursor::name))
                    .bind("most", limit + 1)
                    .map((row, context) -> Skill.of(row, null))
                    .list());
    boolean more = found.size() > limit;
    List<Skill> page = more ? found.subList(0, limit) : found;
    return new SkillPage("list", page, more, more ? placeOf(page.getLast()) : null);
  }

  /** Installs a document under its name, new or instead of what was there. */
  Kept set(SkillOwner owner, SkillDocument document, Principal caller, String requestId) {
    Kept kept =
        database.inTenant(
            owner.tenant(),
            handle -> {
              Kept did =
                  row(handle.createQuery(CHANGE), owner, document)
                      .<Kept>map(Kept.Replaced::new)
                      .orElseGet(() -> add(handle, owner, document));
              if (!(did instanceof Kept.Full)) {
                record(owner, "skill.set", document.rules().name(), caller, requestId);
              }
              return did;
            });
    if (kept instanceof Kept.Added) {
      installed.one(owner.tenant());
    }
    return kept;
  }

  /** False when there is none. */
  boolean delete(SkillOwner owner, SkillName name, Principal caller, String requestId) {
    return database.inTenant(
        owner.tenant(),
        handle -> {
          boolean deleted =
              handle
                      .createUpdate(DELETE)
                      .bind("tenant", owner.tenant().value())
                      .bind("user", owner.user())
                      .bind("name", name.value())
                      .execute()
                  == 1;
          if (deleted) {
            record(owner, "skill.delete", name, caller, requestId);
          }
          return deleted;
        });
  }

  private static Kept add(Handle handle, SkillOwner owner, SkillDocument document) {
    // two requests at once could both find room for one
    handle.execute(
        "select pg_advisory_xact_lock(hashtextextended('skills ' || ?::text || ?, 0))",
        owner.tenant().value(),
        owner.user());
    int most = owner.isTenant() ? MOST_OF_TENANT : MOST_OF_USER;
    return row(handle.createQuery(ADD).bind("most", most), owner, document)
        .<Kept>map(skill ->
            skill.createdAt().equals(skill.updatedAt())
                ? new Kept.Added(skill)
                : new Kept.Replaced(skill))
        .orElseGet(() ->
            new Kept.Full(
                "There are "
                    + most
                    + " skills of this "
                    + owner.wire()
                    + ", the most there may be: delete some."));
  }

  private static Optional<Skill> row(Query query, SkillOwner owner, SkillDocument document) {
    SkillRules rules = document.rules();
    return query
        .bind("tenant", owner.tenant().value())
        .bind("user", owner.user())
        .bind("name", rules.name().value())
        .bind("description", document.description())
        .bind("required", rules.sandboxRequired())
        .bindByType("allowed", array(rules.allowedTools()), String[].class)
        .bindByType("inSandbox", array(rules.sandboxTools()), String[].class)
        .bindByType("timeout", seconds(rules.timeout()), Integer.class)
        .bind("document", document.text())
        .map((row, context) -> Skill.of(row, null))
        .findOne();
  }

  private static Query query(Handle handle, String sql, Principal caller, Set<String> owners) {
    return handle
        .createQuery(sql)
        .bind("tenant", caller.tenant().value())
        .bindArray("owners", String.class, owners);
  }

  private static Called called(SkillName name, ResultSet row) throws SQLException {
    Skill skill = Skill.of(row, null);
    return new Called(
        new SkillRules(
            name,
            row.getBoolean("sandbox_required"),
            Optional.ofNullable(skill.allowedTools()).map(Set::copyOf),
            Optional.ofNullable(skill.sandboxTools()).map(Set::copyOf),
            Optional.ofNullable(skill.timeout()).map(Duration::ofSeconds)),
        SkillDocument.body(row.getString("document")));
  }

  private static String placeOf(Skill skill) {
    return new SkillCursor(Instant.parse(skill.updatedAt()), skill.name()).toString();
  }

  private static String @Nullable [] array(Optional<Set<String>> names) {
    return names.map(it -> it.stream().sorted().toArray(String[]::new)).orElse(null);
  }

  private static @Nullable Integer seconds(Optional<Duration> timeout) {
    return timeout.map(it -> (int) it.toSeconds()).orElse(null);
  }

  private void record(
      SkillOwner owner, String action, SkillName name, Principal caller, String requestId) {
    audit.record(
        owner.tenant(),
        new AuditLog.Entry(
            caller.user(),
            action,
            "skill:" + name.value(),
            AuditLog.Outcome.ALLOWED,
            Map.of("owner", owner.wire(), "key", caller.keyId()),
            requestId));
  }
}

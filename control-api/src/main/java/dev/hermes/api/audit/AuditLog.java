package dev.hermes.api.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.access.Writes;
import dev.hermes.database.id.UuidV7;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Appends to the tenant's audit log: every denial of a known caller and every write that was
 * allowed. A write records inside its own transaction, so neither is there without the other.
 */
@Singleton
public final class AuditLog {
  private static final String INSERT =
      """
      insert into audit_log
        (tenant_id, audit_id, actor, action, object, outcome, detail, request_id, created_at)
      values
        (:tenant, :audit, :actor, :action, :object, :outcome, :detail::jsonb, :request, :decided)
      on conflict (tenant_id, audit_id, created_at) do nothing
      """;

  private final TenantDatabase database;
  private final ObjectMapper json;
  private final Clock clock;

  AuditLog(TenantDatabase database, ObjectMapper json, Clock clock) {
    this.database = database;
    this.json = json;
    this.clock = clock;
  }

  /** What the platform decided. */
  public enum Outcome {
    ALLOWED,
    DENIED
  }

  /**
   * One decision.
   *
   * @param detail facts only; no content and no secret
   */
  public record Entry(
      String actor,
      String action,
      String object,
      Outcome outcome,
      Map<String, String> detail,
      String requestId) {}

  /**
   * A decision taken elsewhere and told of later, perhaps more than once.
   *
   * @param id the same each time it is told
   */
  public record Dated(UUID id, Instant at, Entry entry) {}

  /** Joins the caller's transaction where there is one. */
  public void record(TenantId tenant, Entry entry) {
    record(tenant, List.of(entry));
  }

  /** Several at once, in one round trip. */
  public void record(TenantId tenant, List<Entry> entries) {
    Instant now = clock.instant();
    recordOnce(
        tenant, entries.stream().map(entry -> new Dated(UuidV7.next(), now, entry)).toList());
  }

  /** Entries told of before, by id and time, are not written again. */
  public void recordOnce(TenantId tenant, List<Dated> entries) {
    if (entries.isEmpty()) {
      return;
    }
    database.inTenant(
        tenant,
        handle -> {
          PreparedBatch batch = handle.prepareBatch(INSERT);
          entries.forEach(dated -> batch.bindMap(values(tenant, dated)).add());
          return batch.execute().length;
        });
  }

  /** To be sent with other writes of the transaction; once, since an entry's names are its own. */
  public void add(Writes writes, TenantId tenant, Entry entry) {
    writes.add(INSERT, values(tenant, new Dated(UuidV7.next(), clock.instant(), entry)));
  }

  private Map<String, Object> values(TenantId tenant, Dated dated) {
    Entry entry = dated.entry();
    return Map.of(
        "tenant", tenant.value(),
        "audit", dated.id(),
        "decided", dated.at().truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC),
        "actor", entry.actor(),
        "action", entry.action(),
        "object", entry.object(),
        "outcome", entry.outcome().name().toLowerCase(Locale.ROOT),
        "detail", write(entry.detail()),
        "request", entry.requestId());
  }

  private String write(Map<String, String> detail) {
    try {
      return json.writeValueAsString(detail);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of strings can be written", e);
    }
  }
}

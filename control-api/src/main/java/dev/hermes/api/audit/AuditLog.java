package dev.hermes.api.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
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
          PreparedBatch batch =
              handle.prepareBatch(
                  """
                  insert into audit_log
                    (tenant_id, audit_id, actor, action, object, outcome, detail, request_id,
                     created_at)
                  values
                    (:tenant, :id, :actor, :action, :object, :outcome, :detail::jsonb, :request,
                     :created)
                  on conflict (tenant_id, audit_id, created_at) do nothing
                  """);
          for (Dated dated : entries) {
            Entry entry = dated.entry();
            batch
                .bind("tenant", tenant.value())
                .bind("id", dated.id())
                .bind("created", dated.at().truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC))
                .bind("actor", entry.actor())
                .bind("action", entry.action())
                .bind("object", entry.object())
                .bind("outcome", entry.outcome().name().toLowerCase(Locale.ROOT))
                .bind("detail", write(entry.detail()))
                .bind("request", entry.requestId())
                .add();
          }
          return batch.execute().length;
        });
  }

  private String write(Map<String, String> detail) {
    try {
      return json.writeValueAsString(detail);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of strings can be written", e);
    }
  }
}

package dev.hermes.api.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.id.UuidV7;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Appends to the tenant's audit log: every denial of a known caller and every write that was
 * allowed. A write records inside its own transaction, so neither is there without the other.
 */
@Singleton
public final class AuditLog {
  private final TenantDatabase database;
  private final ObjectMapper json;

  AuditLog(TenantDatabase database, ObjectMapper json) {
    this.database = database;
    this.json = json;
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

  /** Joins the caller's transaction where there is one. */
  public void record(TenantId tenant, Entry entry) {
    record(tenant, List.of(entry));
  }

  /** Several at once, in one round trip. */
  public void record(TenantId tenant, List<Entry> entries) {
    if (entries.isEmpty()) {
      return;
    }
    database.inTenant(
        tenant,
        handle -> {
          PreparedBatch batch =
              handle.prepareBatch(
                  """
                  insert into hermes.audit_log
                    (tenant_id, audit_id, actor, action, object, outcome, detail, request_id)
                  values
                    (:tenant, :id, :actor, :action, :object, :outcome, :detail::jsonb, :request)
                  """);
          for (Entry entry : entries) {
            batch
                .bind("tenant", tenant.value())
                .bind("id", UuidV7.next())
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

package dev.hermes.api.receipt;

import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.time.ZoneOffset;
import java.util.List;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Writes receipts: pending before the tool runs, final after it, so that a crash in between leaves
 * a trace. Both join the caller's transaction.
 */
@Singleton
public final class Receipts {
  private final TenantDatabase database;

  Receipts(TenantDatabase database) {
    this.database = database;
  }

  public void begin(TenantId tenant, Receipt receipt, String sandbox) {
    database.inTenant(
        tenant,
        handle ->
            handle
                .createUpdate(
                    """
                    insert into execution_receipts
                      (tenant_id, receipt_id, request_id, tool_call_id, session_id, user_id, tool,
                       policy, sandbox, status, input_sha256, created_at)
                    values
                      (:tenant, :id, :request, :call, :session, :user, :tool,
                       :policy, :sandbox, 'pending', :input, :created)
                    """)
                .bind("tenant", tenant.value())
                .bind("id", receipt.id())
                .bind("request", receipt.requestId())
                .bind("call", receipt.toolCallId())
                .bind("session", receipt.session())
                .bind("user", receipt.user())
                .bind("tool", receipt.tool())
                .bind("policy", receipt.policy())
                .bind("sandbox", sandbox)
                .bind("input", receipt.inputBytes())
                .bind("created", receipt.createdAt().atOffset(ZoneOffset.UTC))
                .execute());
  }

  /** Whether there are more receipts than results of a call, and the last was not refused. */
  public boolean mayHaveRun(TenantId tenant, List<String> requests, String call, long results) {
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery(
                    """
                    select count(*) > :results
                      and coalesce((array_agg(status order by created_at desc))[1], '') <> 'refused'
                    from execution_receipts
                    where tenant_id = :tenant and request_id = any(:requests)
                      and tool_call_id = :call
                    """)
                .bind("tenant", tenant.value())
                .bindArray("requests", String.class, requests)
                .bind("call", call)
                .bind("results", results)
                .mapTo(Boolean.class)
                .one());
  }

  /** A receipt that is final already is left alone, so this may be repeated. */
  public void finish(TenantId tenant, List<FinishedReceipt> finished) {
    if (finished.isEmpty()) {
      return;
    }
    database.inTenant(
        tenant,
        handle -> {
          PreparedBatch batch =
              handle.prepareBatch(
                  """
                  update execution_receipts
                  set status = :status, sandbox = :sandbox, input_sha256 = :input, output_sha256 = :output,
                    output_bytes = :bytes, exit_code = :exit, duration_ms = :millis,
                    truncated = :truncated, finished_at = :finished
                  where tenant_id = :tenant and receipt_id = :id and created_at = :created
                    and status = 'pending'
                  """);
          for (FinishedReceipt end : finished) {
            batch
                .bind("tenant", tenant.value())
                .bind("id", end.receipt().id())
                .bind("created", end.receipt().createdAt().atOffset(ZoneOffset.UTC))
                .bind("status", end.status().wire())
                .bind("sandbox", end.sandbox())
                .bind("input", end.receipt().inputBytes())
                .bind("output", end.output().hash().bytes())
                .bind("bytes", end.output().bytes())
                .bind("exit", end.exitCode())
                .bind("millis", end.durationMillis())
                .bind("truncated", end.truncated())
                .bind("finished", end.finishedAt().atOffset(ZoneOffset.UTC))
                .add();
          }
          return batch.execute().length;
        });
  }
}

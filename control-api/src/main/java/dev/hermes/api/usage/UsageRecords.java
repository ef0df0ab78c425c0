package dev.hermes.api.usage;

import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.time.ZoneOffset;
import java.util.Locale;

/** Writes usage, each record once however often it is tried. Joins the caller's transaction. */
@Singleton
public final class UsageRecords {
  private final TenantDatabase database;

  UsageRecords(TenantDatabase database) {
    this.database = database;
  }

  public void record(TenantId tenant, UsageRecord usage) {
    database.inTenant(
        tenant,
        handle ->
            handle
                .createUpdate(
                    """
                    insert into usage_records
                      (tenant_id, usage_id, user_id, key_id, session_id, request_id, model,
                       provider, prompt_tokens, completion_tokens, tool_calls, cost_nanousd,
                       completeness, status, degraded, created_at)
                    values
                      (:tenant, :id, :user, :key, :session, :request, :model,
                       :provider, :prompt, :completion, :tools, :cost,
                       :completeness, :status, :degraded, :created)
                    on conflict (tenant_id, usage_id, created_at) do nothing
                    """)
                .bind("tenant", tenant.value())
                .bind("id", usage.admission().id())
                .bind("created", usage.admission().at().atOffset(ZoneOffset.UTC))
                .bind("user", usage.user())
                .bind("key", usage.keyId())
                .bind("session", usage.session())
                .bind("request", usage.requestId())
                .bind("model", usage.model())
                .bind("provider", usage.provider())
                .bind("prompt", usage.promptTokens())
                .bind("completion", usage.completionTokens())
                .bind("tools", usage.toolCalls())
                .bind("cost", usage.costNanoUsd())
                .bind("completeness", usage.completeness().name().toLowerCase(Locale.ROOT))
                .bind("status", usage.status())
                .bind("degraded", usage.degraded())
                .execute());
  }
}

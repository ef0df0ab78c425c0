package dev.hermes.api.usage;

import dev.hermes.database.access.TenantId;
import dev.hermes.database.access.Writes;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;

/** Writes usage, each record once however often it is tried. */
final class UsageRecords {
  private static final String INSERT =
      """
      insert into usage_records
        (tenant_id, usage_id, user_id, key_id, session_id, request_id, model,
         provider, prompt_tokens, completion_tokens, tool_calls, cost_nanousd,
         completeness, status, degraded, created_at)
      values
        (:tenant, :usage, :user, :key, :session, :request, :model,
         :provider, :prompt, :completion, :tools, :cost,
         :completeness, :status, :degraded, :admitted)
      on conflict (tenant_id, usage_id, created_at) do nothing
      """;

  private UsageRecords() {}

  /** To be sent with other writes of the transaction. */
  static void add(Writes writes, TenantId tenant, UsageRecord usage) {
    writes.add(
        INSERT,
        Map.ofEntries(
            Map.entry("tenant", tenant.value()),
            Map.entry("usage", usage.admission().id()),
            Map.entry("admitted", usage.admission().at().atOffset(ZoneOffset.UTC)),
            Map.entry("user", usage.user()),
            Map.entry("key", usage.keyId()),
            Map.entry("session", usage.session()),
            Map.entry("request", usage.requestId()),
            Map.entry("model", usage.model()),
            Map.entry("provider", usage.provider()),
            Map.entry("prompt", usage.promptTokens()),
            Map.entry("completion", usage.completionTokens()),
            Map.entry("tools", usage.toolCalls()),
            Map.entry("cost", usage.costNanoUsd()),
            Map.entry("completeness", usage.completeness().name().toLowerCase(Locale.ROOT)),
            Map.entry("status", usage.status()),
            Map.entry("degraded", usage.degraded())));
  }
}

package dev.hermes.api.usage;

import dev.hermes.api.usage.UsageController.EgressBytes;
import dev.hermes.api.usage.UsageController.Row;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Adds usage up. */
@Singleton
final class UsageTotals {
  private final TenantDatabase database;

  UsageTotals(TenantDatabase database) {
    this.database = database;
  }

  List<Row> list(TenantId tenant, Optional<String> user, UsageQuery query) {
    String sql =
        """
        select date_trunc(:granularity, created_at, 'UTC') as start, <group> as grouped,
          count(*) as requests, sum(prompt_tokens)::bigint as prompt,
          sum(completion_tokens)::bigint as completion, sum(tool_calls)::bigint as tools,
          sum(cost_nanousd)::bigint as cost, count(*) filter (where degraded) as degraded
        from usage_records
        where tenant_id = :tenant and created_at >= :from and created_at < :to
          and (:user::text is null or user_id = :user)
        group by 1, 2 order by 1, 2
        """;
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery(sql)
                .define("group", query.groupBy().expression())
                .bind("granularity", query.granularity().name().toLowerCase(Locale.ROOT))
                .bind("tenant", tenant.value())
                .bind("from", query.from().atOffset(ZoneOffset.UTC))
                .bind("to", query.to().atOffset(ZoneOffset.UTC))
                .bind("user", user)
                .map((row, context) ->
                    new Row(
                        row.getObject("start", OffsetDateTime.class).toInstant().toString(),
                        row.getString("grouped"),
                        row.getLong("requests"),
                        row.getLong("prompt"),
                        row.getLong("completion"),
                        row.getLong("prompt") + row.getLong("completion"),
                        row.getLong("tools"),
                        row.getLong("cost"),
                        row.getLong("degraded")))
                .list());
  }

  /** Bytes through the egress proxy. They are known by tenant, not by user, key or session. */
  List<EgressBytes> egress(TenantId tenant, UsageQuery query) {
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery(
                    """
                    select date_trunc(:granularity, created_at, 'UTC') as start,
                      sum(bytes_out)::bigint as sent, sum(bytes_in)::bigint as received
                    from egress_usage
                    where tenant_id = :tenant and created_at >= :from and created_at < :to
                    group by 1 order by 1
                    """)
                .bind("granularity", query.granularity().name().toLowerCase(Locale.ROOT))
                .bind("tenant", tenant.value())
                .bind("from", query.from().atOffset(ZoneOffset.UTC))
                .bind("to", query.to().atOffset(ZoneOffset.UTC))
                .map((row, context) ->
                    new EgressBytes(
                        row.getObject("start", OffsetDateTime.class).toInstant().toString(),
                        row.getLong("sent"),
                        row.getLong("received")))
                .list());
  }
}

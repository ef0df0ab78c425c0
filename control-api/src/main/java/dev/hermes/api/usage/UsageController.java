package dev.hermes.api.usage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Shows what was used: a user its own, owner, admin and auditor the whole tenant's. */
@Controller("/v1/usage")
@ExecuteOn(TaskExecutors.BLOCKING)
final class UsageController {
  private final UsageTotals totals;
  private final Clock clock;

  UsageController(UsageTotals totals, Clock clock) {
    this.totals = totals;
    this.clock = clock;
  }

  /**
   * Usage of a period.
   *
   * @param egress bytes of the tenant's sandboxes, whatever the grouping; null for a user, whose
   *     share is not known
   */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Usage(
      String object,
      String from,
      String to,
      String granularity,
      @JsonProperty("group_by") String groupBy,
      List<Row> data,
      @Nullable List<EgressBytes> egress) {}

  /** What went through the egress proxy in one period, seen from the sandboxes. */
  @Serdeable
  record EgressBytes(
      String start,
      @JsonProperty("bytes_out") long bytesOut,
      @JsonProperty("bytes_in") long bytesIn) {}

  /**
   * Totals of one period and group.
   *
   * @param degradedRequests answered by a provider that is only asked when others fail
   */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Row(
      String start,
      String group,
      long requests,
      @JsonProperty("prompt_tokens") long promptTokens,
      @JsonProperty("completion_tokens") long completionTokens,
      @JsonProperty("total_tokens") long totalTokens,
      @JsonProperty("tool_calls") long toolCalls,
      @JsonProperty("cost_nanousd") long costNanoUsd,
      @JsonProperty("degraded_requests") long degradedRequests) {}

  /**
   * Adds usage up.
   *
   * @param from first moment, a date or a time with offset; by default this month's first
   * @param to moment after the last; by default now
   * @param granularity hour, day or month
   * @param groupBy none, model, provider, user, key, session or status
   */
  @Get
  @Requires(scopes = Scope.READ)
  Usage list(
      HttpRequest<?> request,
      @QueryValue Optional<String> from,
      @QueryValue Optional<String> to,
      @QueryValue Optional<String> granularity,
      @QueryValue("group_by") Optional<String> groupBy) {
    Principal caller = Principal.of(request);
    UsageQuery query = UsageQuery.parse(from, to, granularity, groupBy, clock.instant());
    Optional<String> user =
        caller.hasAny(Role.ADMIN, Role.OWNER, Role.AUDITOR)
            ? Optional.empty()
            : Optional.of(caller.user());
    return new Usage(
        "list",
        query.from().toString(),
        query.to().toString(),
        query.granularity().name().toLowerCase(Locale.ROOT),
        query.groupBy().name().toLowerCase(Locale.ROOT),
        totals.list(caller.tenant(), user, query),
        user.isPresent() ? null : totals.egress(caller.tenant(), query));
  }
}

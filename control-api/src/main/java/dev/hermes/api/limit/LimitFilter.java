package dev.hermes.api.limit;

import dev.hermes.api.identity.Principal;
import dev.hermes.api.limit.SlidingWindow.Verdict;
import dev.hermes.api.metric.TenantLabel;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.ProblemJson;
import dev.hermes.api.tenant.Tenants;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.BasicHttpAttributes;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Refuses calls above the tenant's limit and tells every caller where it stands. */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
final class LimitFilter implements Ordered {
  private static final String STANDING = "hermes.limit";

  private final RateLimiter limiter;
  private final Tenants tenants;
  private final MeterRegistry meters;
  private final TenantLabel labels;

  LimitFilter(RateLimiter limiter, Tenants tenants, MeterRegistry meters, TenantLabel labels) {
    this.limiter = limiter;
    this.tenants = tenants;
    this.meters = meters;
    this.labels = labels;
  }

  private record Standing(LimitClass limitClass, int limit, Verdict verdict) {}

  @Override
  public int getOrder() {
    return Ordered.HIGHEST_PRECEDENCE + 300;
  }

  @RequestFilter
  @ExecuteOn(TaskExecutors.BLOCKING)
  @Nullable HttpResponse<?> admit(HttpRequest<?> request) {
    Optional<Principal> caller = Principal.find(request);
    if (caller.isEmpty()) {
      return null;
    }
    LimitClass limitClass = LimitClass.of(BasicHttpAttributes.getUriTemplate(request).orElse(""));
    int limit = limitClass.limit(tenants.effective(caller.get().tenant()).requestsPerMinute());
    Verdict verdict = limiter.admit(caller.get().tenant(), limitClass, limit);
    Standing standing = new Standing(limitClass, limit, verdict);
    request.setAttribute(STANDING, standing);
    return verdict.admitted() ? null : refuse(request, caller.get(), standing);
  }

  @ResponseFilter
  void tell(HttpRequest<?> request, MutableHttpResponse<?> response) {
    request.getAttribute(STANDING, Standing.class).ifPresent(it -> write(it, response));
  }

  private HttpResponse<?> refuse(HttpRequest<?> request, Principal caller, Standing standing) {
    meters
        .counter(
            "hermes_rate_limit_rejected",
            TenantLabel.TAG,
            labels.of(caller.tenant()),
            "class",
            standing.limitClass().wire())
        .increment();
    long wait = standing.verdict().waitMillis();
    long seconds = (wait + 999) / 1000;
    MutableHttpResponse<byte[]> answer =
        ProblemJson.answer(
            request,
            Failure.tooMany(
                    "rate_limit_exceeded",
                    "Rate limit of %d requests a minute reached. Try again in %d s."
                        .formatted(standing.limit(), seconds))
                .retryAfter(seconds)
                .with("retry-after-ms", Long.toString(wait)));
    write(standing, answer);
    return answer;
  }

  private static void write(Standing standing, MutableHttpResponse<?> response) {
    if (response.getHeaders().contains("RateLimit")) {
      return;
    }
    Verdict verdict = standing.verdict();
    long reset = verdict.admitted() ? verdict.resetMillis() : verdict.waitMillis();
    String name = "\"" + standing.limitClass().wire() + "\"";
    response
        .header("x-ratelimit-limit-requests", Integer.toString(standing.limit()))
        .header("x-ratelimit-remaining-requests", Integer.toString(verdict.remaining()))
        .header("x-ratelimit-reset-requests", seconds(reset))
        .header("RateLimit-Policy", name + ";q=" + standing.limit() + ";w=60")
        .header("RateLimit", name + ";r=" + verdict.remaining() + ";t=" + (reset + 999) / 1000);
  }

  /** A duration as OpenAI writes it. */
  private static String seconds(long millis) {
    return millis % 1000 == 0
        ? millis / 1000 + "s"
        : String.format(Locale.ROOT, "%.1fs", millis / 1000.0);
  }
}

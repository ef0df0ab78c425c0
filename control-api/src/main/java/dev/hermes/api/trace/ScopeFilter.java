package dev.hermes.api.trace;

import dev.hermes.api.problem.RequestId;
import io.micronaut.core.order.Ordered;
import io.micronaut.core.propagation.MutablePropagatedContext;
import io.micronaut.http.BasicHttpAttributes;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import java.util.Optional;

/** The first and the last to see a request: opens its scope, and says how it was answered. */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
final class ScopeFilter implements Ordered {
  private final Traces traces;

  ScopeFilter(Optional<Traces> traces) {
    this.traces = traces.orElse(Traces.NONE);
  }

  @Override
  public int getOrder() {
    return Ordered.HIGHEST_PRECEDENCE + 50;
  }

  @RequestFilter
  void begin(HttpRequest<?> request, MutablePropagatedContext context) {
    RequestScope scope = new RequestScope(RequestId.of(request), traces.begin(request));
    scope.attach(request);
    context.add(scope);
  }

  /** Neither path nor query: both hold what users name. */
  @ResponseFilter
  void end(HttpRequest<?> request, HttpResponse<?> response) {
    RequestScope.detach(request)
        .ifPresent(scope -> {
          Step step = scope.first().with("http.response.status_code", response.code());
          BasicHttpAttributes.getUriTemplate(request)
              .ifPresent(route ->
                  step.named(request.getMethodName() + " " + route).with("http.route", route));
          if (response.code() >= 500) {
            step.failed(Integer.toString(response.code()));
          }
          scope.ended();
        });
  }
}

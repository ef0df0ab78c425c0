package dev.hermes.api.identity;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.audit.AuditLog.Outcome;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.RequestId;
import dev.hermes.api.trace.RequestScope;
import dev.hermes.api.trace.Step;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.BasicHttpAttributes;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.MutableHttpHeaders;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.web.router.RouteAttributes;
import io.micronaut.web.router.RouteMatch;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Stands before every route that is not public: credential → caller → may it. The header that
 * carried the credential is gone when this is done.
 */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
final class AuthenticationFilter implements Ordered {
  private static final String BEARER = "bearer ";
  private static final String API_KEY = "X-API-Key";

  private final List<CredentialLink> chain;
  private final AuditLog audit;

  AuthenticationFilter(List<CredentialLink> chain, AuditLog audit) {
    this.chain = chain;
    this.audit = audit;
  }

  @Override
  public int getOrder() {
    return Ordered.HIGHEST_PRECEDENCE + 200;
  }

  @RequestFilter
  @ExecuteOn(TaskExecutors.BLOCKING)
  void authenticate(HttpRequest<?> request) {
    Optional<RouteMatch<?>> route = RouteAttributes.getRouteMatch(request).map(match -> match);
    String credential = takeCredential(request);
    if (route.isEmpty()
        || BasicHttpAttributes.getUriTemplate(request).filter(PublicRoutes::contains).isPresent()) {
      return;
    }
    CredentialLink.Authenticated caller = caller(credential);
    caller.principal().attach(request);
    RequestScope.callerIs(request, caller.principal().tenant().toString());
    if (caller.suspended()) {
      throw denied(
          request,
          caller.principal(),
          Failure.forbidden("tenant_suspended", "This tenant is suspended by its platform team."));
    }
    RoutePermission.of(route.get().getAnnotationMetadata())
        .orElseThrow(() -> new IllegalStateException("an undeclared route is being served"))
        .refusal(caller.principal())
        .ifPresent(refusal -> {
          throw denied(request, caller.principal(), refusal);
        });
  }

  private CredentialLink.Authenticated caller(String credential) {
    try (Step step = Step.begin("authenticate")) {
      return chain.stream()
          .filter(link -> link.recognises(credential))
          .findFirst()
          .flatMap(link -> link.authenticate(credential))
          .orElseThrow(() -> {
            step.failed("unauthenticated");
            return new ApiException(Failure.unauthenticated());
          });
    }
  }

  private ApiException denied(HttpRequest<?> request, Principal caller, Failure failure) {
    audit.record(
        caller.tenant(),
        new AuditLog.Entry(
            caller.user(),
            request.getMethodName() + " " + BasicHttpAttributes.getUriTemplate(request).orElse("?"),
            "key:" + caller.keyId(),
            Outcome.DENIED,
            detail(caller, failure),
            RequestId.of(request)));
    return new ApiException(failure);
  }

  private static Map<String, String> detail(Principal caller, Failure failure) {
    String code = String.valueOf(failure.code());
    return caller
        .sandbox()
        .map(sandbox -> Map.of("code", code, "sandbox", sandbox.toString()))
        .orElse(Map.of("code", code));
  }

  /**
   * The bearer token, else the key in the header that E2B's clients use, else an empty text, which
   * no link recognises.
   */
  private static String takeCredential(HttpRequest<?> request) {
    String bearer = request.getHeaders().get(HttpHeaders.AUTHORIZATION);
    String key = request.getHeaders().get(API_KEY);
    if (request.getHeaders() instanceof MutableHttpHeaders headers) {
      headers.remove(HttpHeaders.AUTHORIZATION);
      headers.remove(API_KEY);
    }
    if (bearer != null && bearer.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      return bearer.substring(BEARER.length()).strip();
    }
    return bearer == null && key != null ? KeySpelling.plain(key.strip()) : "";
  }
}

package dev.hermes.api.trace;

import io.micronaut.core.propagation.ThreadPropagatedContextElement;
import io.micronaut.http.HttpRequest;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * One request on all threads that work for it: the first step of its trace, and what each of its
 * log lines says. Micronaut takes it from thread to thread; {@link Carried} does for our own.
 */
public final class RequestScope implements ThreadPropagatedContextElement<Optional<Bound>> {
  private static final String ATTRIBUTE = "hermes.request-scope";
  private static final String REQUEST = "request_id";
  private static final String TENANT = "tenant";
  private static final String TRACE = "trace_id";

  private final String requestId;
  private final Step first;
  // the request itself, and each thread of ours that has not ended
  private final AtomicInteger working = new AtomicInteger(1);
  private volatile String tenant = "";

  RequestScope(String requestId, Step first) {
    this.requestId = requestId;
    this.first = first.with("hermes.request.id", requestId);
  }

  /**
   * Work for a tenant beside the requests to the API, until it is closed on the same thread: its
   * log lines say whose it is.
   *
   * @param requestId empty where nobody was told of one
   */
  public static Working working(String requestId, String tenant) {
    RequestScope scope = new RequestScope(requestId, Step.NONE);
    scope.tenant = tenant;
    return new Working(Bound.enter(new Bound(scope, Step.NONE)));
  }

  /** The end of it. */
  public static final class Working implements AutoCloseable {
    private final @Nullable Bound before;

    private Working(@Nullable Bound before) {
      this.before = before;
    }

    @Override
    public void close() {
      Bound.enter(before);
    }
  }

  void attach(HttpRequest<?> request) {
    request.setAttribute(ATTRIBUTE, this);
  }

  /** The scope of a request that is not answered yet; its end comes once. */
  static Optional<RequestScope> detach(HttpRequest<?> request) {
    Optional<RequestScope> scope = request.getAttribute(ATTRIBUTE, RequestScope.class);
    scope.ifPresent(it -> request.removeAttribute(ATTRIBUTE, RequestScope.class));
    return scope;
  }

  /** From now on it is known whose request this is. */
  public static void callerIs(HttpRequest<?> request, String tenant) {
    request
        .getAttribute(ATTRIBUTE, RequestScope.class)
        .ifPresent(scope -> {
          scope.tenant = tenant;
          scope.first.with("hermes.tenant.id", tenant);
          MDC.put(TENANT, tenant);
        });
  }

  Step first() {
    return first;
  }

  void begun() {
    working.incrementAndGet();
  }

  void ended() {
    if (working.decrementAndGet() == 0) {
      first.close();
    }
  }

  void writeWords() {
    write(REQUEST, requestId);
    write(TENANT, tenant);
    write(TRACE, first.traceId());
  }

  private static void write(String key, String value) {
    if (!value.isEmpty()) {
      MDC.put(key, value);
    }
  }

  void removeWords() {
    MDC.remove(REQUEST);
    MDC.remove(TENANT);
    MDC.remove(TRACE);
  }

  @Override
  public Optional<Bound> updateThreadContext() {
    return Optional.ofNullable(Bound.enter(new Bound(this, first)));
  }

  @Override
  public void restoreThreadContext(Optional<Bound> before) {
    Bound.enter(before.orElse(null));
  }
}

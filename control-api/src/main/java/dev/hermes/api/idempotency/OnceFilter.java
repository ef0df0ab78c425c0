package dev.hermes.api.idempotency;

import dev.hermes.api.body.RequestBody;
import dev.hermes.api.body.ServerRequest;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.AwayRetry;
import dev.hermes.api.problem.Failure;
import io.micronaut.core.annotation.AnnotationMetadata;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.http.body.ByteBody;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.web.router.RouteAttributes;
import io.micronaut.web.router.RouteMatch;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does a POST with a key once, where the route does not see to it itself. The answer is kept after
 * the effect and not with it: should the process die between the two, a repetition does it again.
 */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
final class OnceFilter implements Ordered {
  private static final Logger LOG = LoggerFactory.getLogger(OnceFilter.class);
  private static final String TAKEN = "hermes.once";

  private final IdempotencyKeys keys;
  private final ClaimKeeper keeper;
  private final AnswerBytes bytes;

  OnceFilter(IdempotencyKeys keys, ClaimKeeper keeper, AnswerBytes bytes) {
    this.keys = keys;
    this.keeper = keeper;
    this.bytes = bytes;
  }

  private record Taken(Claim claim, ClaimKeeper.Kept kept) {}

  /** Behind the limits: a repetition is a request. */
  @Override
  public int getOrder() {
    return Ordered.HIGHEST_PRECEDENCE + 400;
  }

  @RequestFilter
  @ExecuteOn(TaskExecutors.BLOCKING)
  @Nullable HttpResponse<?> begin(HttpRequest<?> request) throws InterruptedException {
    if (request.getMethod() != HttpMethod.POST
        || !request.getHeaders().contains(KeyHeader.NAME)
        || Principal.find(request).isEmpty()) {
      return null;
    }
    AnnotationMetadata route =
        RouteAttributes.getRouteMatch(request)
            .map(RouteMatch::getAnnotationMetadata)
            .orElse(AnnotationMetadata.EMPTY_METADATA);
    if (!route.hasAnnotation(Once.class)) {
      throw new ApiException(
          Failure.unsupported(
              KeyHeader.NAME, "This route cannot be repeated under a key; leave the header out."));
    }
    return route.booleanValue(Once.class, "byItself").orElse(false) ? null : claim(request);
  }

  private @Nullable HttpResponse<?> claim(HttpRequest<?> request) throws InterruptedException {
    Claim claim = Claim.of(request, body(request)).orElseThrow();
    try {
      keys.claim(claim, Optional.empty());
    } catch (AnsweredException e) {
      return bytes.restore(Principal.of(request), e.response());
    }
    request.setAttribute(TAKEN, new Taken(claim, keeper.keep(claim, () -> {})));
    return null;
  }

  @ResponseFilter
  @ExecuteOn(TaskExecutors.BLOCKING)
  void end(HttpRequest<?> request, MutableHttpResponse<?> response) throws IOException {
    Optional<Taken> taken = request.getAttribute(TAKEN, Taken.class);
    if (taken.isEmpty()) {
      return;
    }
    try (ClaimKeeper.Kept _ = taken.get().kept()) {
      Claim claim = taken.get().claim();
      if (response.code() < 400) {
        bytes.write(response);
        KeptAnswer answer = bytes.keep(response);
        settle(claim, () -> keys.finish(claim, answer, Optional.empty()));
      } else {
        settle(claim, () -> keys.release(claim));
      }
    }
  }

  /** It was done: that its answer cannot be kept is no reason to say that it failed. */
  private void settle(Claim claim, Runnable write) {
    try {
      AwayRetry.run(write);
    } catch (RuntimeException e) {
      LOG.error("{}: the answer is not kept for its key", claim.owner(), e);
    }
  }

  /** The route reads it, too. */
  private static byte[] body(HttpRequest<?> request) throws InterruptedException {
    var copy = ServerRequest.of(request).byteBody().split(ByteBody.SplitBackpressureMode.FASTEST);
    return RequestBody.await(
        copy.buffer()
            .thenApply(all -> {
              try (all) {
                return all.toByteArray();
              }
            }),
        RequestBody.SECONDS);
  }
}

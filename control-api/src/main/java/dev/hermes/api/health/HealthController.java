package dev.hermes.api.health;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.serde.annotation.Serdeable;

/** Probes. They need no credential and tell nothing about tenants. */
@Controller
final class HealthController {
  private final Health health;

  HealthController(Health health) {
    this.health = health;
  }

  /** State of this process. */
  @Serdeable
  record State(String status, String state) {}

  /** Summary: healthy, or unhealthy with the state that keeps it so. */
  @Get(uris = {"/v1/health", "/health"})
  HttpResponse<State> summary() {
    return answer("healthy");
  }

  /** The process answers. */
  @Get(uris = {"/v1/health/live", "/health/live"})
  State live() {
    return new State("alive", health.state());
  }

  /** The process may be sent requests; 503 while it may not. */
  @Get(uris = {"/v1/health/ready", "/health/ready"})
  HttpResponse<State> ready() {
    return answer("ready");
  }

  private HttpResponse<State> answer(String good) {
    return health.isReady()
        ? HttpResponse.ok(new State(good, health.state()))
        : HttpResponse.<State>status(HttpStatus.SERVICE_UNAVAILABLE)
            .body(new State("unhealthy", health.state()))
            .header("Retry-After", "2");
  }
}

package dev.hermes.api.trace;

import io.micronaut.http.HttpRequest;

/** Begins the trace of a request, or goes on with its caller's. */
@FunctionalInterface
interface Traces {
  /** Where no collector is named. */
  Traces NONE = request -> Step.NONE;

  Step begin(HttpRequest<?> request);
}

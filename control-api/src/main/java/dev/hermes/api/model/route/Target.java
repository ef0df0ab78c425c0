package dev.hermes.api.model.route;

import dev.hermes.api.model.ModelProvider;

/**
 * An upstream that has a model.
 *
 * @param weight its share of the calls among the model's upstreams; 0: only when the others fail
 * @param breaker of the upstream, whichever of its models is asked for
 */
public record Target(ModelProvider provider, int weight, Breaker breaker) {
  public Target {
    if (weight < 0) {
      throw new IllegalArgumentException("a weight is not negative");
    }
  }

  boolean isFallback() {
    return weight == 0;
  }
}

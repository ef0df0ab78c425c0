package dev.hermes.api.model;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * A provider that is another one and does something more: what it does not say is the other's to
 * say. The cache and the trace are such; they last as long as what they are made of.
 */
public interface DelegatingProvider extends ModelProvider {
  /** The other one. */
  ModelProvider provider();

  @Override
  default String name() {
    return provider().name();
  }

  @Override
  default int calls() {
    return provider().calls();
  }

  @Override
  default TokenUsage broken(ModelRequest request, long characters) {
    return provider().broken(request, characters);
  }

  @Override
  default OptionalLong window(String model) {
    return provider().window(model);
  }

  @Override
  default Optional<SummaryModel> summary() {
    return provider().summary();
  }

  @Override
  default Price price(String model) {
    return provider().price(model);
  }

  @Override
  default ModelAnswer complete(ModelRequest request, Consumer<String> text)
      throws InterruptedException, ModelFailed {
    return provider().complete(request, text);
  }

  @Override
  default EmbeddingAnswer embed(EmbeddingRequest request) throws InterruptedException, ModelFailed {
    return provider().embed(request);
  }
}

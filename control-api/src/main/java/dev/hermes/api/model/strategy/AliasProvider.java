package dev.hermes.api.model.strategy;

import dev.hermes.api.model.EmbeddingAnswer;
import dev.hermes.api.model.EmbeddingRequest;
import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.Price;
import dev.hermes.api.model.SummaryModel;
import dev.hermes.api.model.TokenUsage;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** A model under another name, asked in a way of its own (AGW-14). */
public final class AliasProvider implements ModelProvider {
  private final ModelProvider provider;
  private final String model;
  private final Strategy strategy;
  private final Optional<SummaryModel> summary;
  private final Reasoning reasoning;

  /**
   * @param model as that provider knows it
   */
  public AliasProvider(
      ModelProvider provider, String model, Strategy strategy, Optional<SummaryModel> summary) {
    this.provider = provider;
    this.model = model;
    this.strategy = strategy;
    this.summary = summary;
    this.reasoning = strategy.begin(provider);
  }

  @Override
  public ModelProvider forTurn() {
    return new AliasProvider(provider.forTurn(), model, strategy, summary);
  }

  @Override
  public String name() {
    return provider.name();
  }

  @Override
  public OptionalLong window(String alias) {
    return provider.window(model);
  }

  @Override
  public Optional<SummaryModel> summary() {
    return summary;
  }

  @Override
  public Price price(String alias) {
    return provider.price(model);
  }

  @Override
  public int calls() {
    return reasoning.calls();
  }

  @Override
  public ModelAnswer complete(ModelRequest request, Consumer<String> text)
      throws InterruptedException, ModelFailed {
    return reasoning.complete(request.of(model), text);
  }

  @Override
  public TokenUsage broken(ModelRequest request, long characters) {
    return reasoning.broken(request.of(model), characters);
  }

  @Override
  public EmbeddingAnswer embed(EmbeddingRequest request) throws InterruptedException, ModelFailed {
    return provider.embed(request.of(model));
  }
}

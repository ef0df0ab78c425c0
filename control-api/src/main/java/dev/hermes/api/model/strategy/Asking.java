package dev.hermes.api.model.strategy;

import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.TokenUsage;
import java.util.function.Consumer;

/** The model is asked once, for an alias that is but another name. */
record Asking(ModelProvider provider) implements Reasoning {
  @Override
  public int calls() {
    return provider.calls();
  }

  @Override
  public ModelAnswer complete(ModelRequest request, Consumer<String> text)
      throws InterruptedException, ModelFailed {
    return provider.complete(request, text);
  }

  @Override
  public TokenUsage broken(ModelRequest request, long characters) {
    return provider.broken(request, characters);
  }
}

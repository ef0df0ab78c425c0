package dev.hermes.api.model.strategy;

import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.TokenUsage;
import java.util.function.Consumer;

/** One turn's way to its answers; the members mean what they mean at {@link ModelProvider}. */
sealed interface Reasoning permits Asking, Planning, Agreeing {
  int calls();

  ModelAnswer complete(ModelRequest request, Consumer<String> text)
      throws InterruptedException, ModelFailed;

  TokenUsage broken(ModelRequest request, long characters);
}

package dev.hermes.api.model;

import dev.hermes.api.problem.Failure;
import java.util.function.Consumer;

/** Where models run. The agent loop calls it on a thread of its own and interrupts it to stop. */
public interface ModelProvider {
  String name();

  /** What that model costs at the provider that is asked first. */
  default Price price(String model) {
    return Price.FREE;
  }

  /**
   * Asks the model and waits for the whole answer.
   *
   * @param text takes the answer's text piece by piece as it comes; may block, and then the
   *     provider reads no further
   * @throws ModelFailed with what was used until then
   */
  ModelAnswer complete(ModelRequest request, Consumer<String> text)
      throws InterruptedException, ModelFailed;

  /**
   * Turns texts into vectors.
   *
   * @throws ModelFailed also where the provider has no embeddings
   */
  default EmbeddingAnswer embed(EmbeddingRequest request) throws InterruptedException, ModelFailed {
    throw new ModelFailed(
        ModelFailed.Kind.ABSENT,
        Failure.unsupported(
            "model", "The model '" + request.model() + "' has no embeddings; name another."),
        TokenUsage.NONE);
  }
}

package dev.hermes.api.model;

import dev.hermes.api.problem.Failure;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** Where models run. The agent loop calls it on a thread of its own and interrupts it to stop. */
public interface ModelProvider {
  String name();

  /**
   * The provider for one turn; one that keeps something from call to call answers with a new one.
   */
  default ModelProvider forTurn() {
    return this;
  }

  /**
   * How many calls of a model the next {@link #complete} makes at most; retries are not counted.
   */
  default int calls() {
    return 1;
  }

  /**
   * What a call that was interrupted has used, as near as can be told.
   *
   * @param characters of the answer's text that had come by then
   */
  default TokenUsage broken(ModelRequest request, long characters) {
    return TokenUsage.estimate(request.characters(), characters).at(price(request.model()));
  }

  /** How many tokens a call of that model may have, its answer included; empty when nobody said. */
  default OptionalLong window(String model) {
    return OptionalLong.empty();
  }

  /** Who sums up what does not fit the window; empty: it is left out and no more is said. */
  default Optional<SummaryModel> summary() {
    return Optional.empty();
  }

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

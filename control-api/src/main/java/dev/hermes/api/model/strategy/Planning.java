package dev.hermes.api.model.strategy;

import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.TokenUsage;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Tree of thought of one level: plans are made side by side and blind to each other, the model
 * chooses one, and all calls of the turn follow it. Only these are offered tools.
 */
final class Planning implements Reasoning {
  private final ModelProvider provider;
  private final int paths;
  private final Samples samples;

  /** Null until it was sought; empty when none was found. */
  private @Nullable Optional<String> plan;

  Planning(ModelProvider provider, int paths) {
    this.provider = provider;
    this.paths = paths;
    this.samples = new Samples(provider);
  }

  /** The plans, the choice, and the answer. */
  @Override
  public int calls() {
    return plan == null ? paths + 2 : 1;
  }

  @Override
  public ModelAnswer complete(ModelRequest request, Consumer<String> text)
      throws InterruptedException, ModelFailed {
    Optional<String> chosen = plan;
    if (chosen == null) {
      chosen = choose(request);
      plan = chosen;
    }
    ModelRequest planned =
        chosen
            .map(it -> Prompts.afterInstructions(request.messages(), Prompts.plan(it)))
            .map(request::with)
            .orElse(request);
    try {
      return samples.settle(provider.complete(planned, text));
    } catch (ModelFailed e) {
      throw samples.settle(e);
    }
  }

  /** While there is no plan the call that would answer has not begun. */
  @Override
  public TokenUsage broken(ModelRequest request, long characters) {
    TokenUsage before = samples.take();
    return plan == null ? before : before.plus(provider.broken(request, characters));
  }

  private Optional<String> choose(ModelRequest request) throws InterruptedException, ModelFailed {
    List<ModelRequest> wanted =
        IntStream.rangeClosed(1, paths)
            .mapToObj(path -> request.aside(Prompts.sketch(path, paths), path))
            .toList();
    List<String> plans =
        samples.of(wanted).stream().map(ModelAnswer::text).filter(it -> !it.isBlank()).toList();
    if (plans.size() < 2) {
      return plans.stream().findFirst();
    }
    ModelAnswer vote = samples.one(request.aside(Prompts.bestOf("approach", plans), 0));
    return Optional.of(plans.get(Prompts.chosen(vote.text(), plans.size())));
  }
}

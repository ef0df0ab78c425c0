package dev.hermes.api.model.route;

import dev.hermes.api.model.EmbeddingAnswer;
import dev.hermes.api.model.EmbeddingRequest;
import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.Price;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.Told;
import dev.hermes.api.problem.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * One model, wherever it runs. A call goes to an upstream by weight; when that fails, to the next
 * one at once, and to one that has failed already after a pause. As soon as the client has read
 * text of an answer, nothing is tried again. The order around a call is timeout, breaker, retry.
 */
public final class Route implements ModelProvider {
  private final List<Target> targets;
  private final RetryRule rule;
  private final Pause pause;
  private final Supplier<RandomGenerator> random;
  private final RouteEvents events;

  /**
   * @param targets at least one; those of weight 0 are asked in this order
   */
  public Route(
      List<Target> targets,
      RetryRule rule,
      Pause pause,
      Supplier<RandomGenerator> random,
      RouteEvents events) {
    if (targets.isEmpty()) {
      throw new IllegalArgumentException("a route leads somewhere");
    }
    this.targets = List.copyOf(targets);
    this.rule = rule;
    this.pause = pause;
    this.random = random;
    this.events = events;
  }

  /** The upstream that is named for the model where none has answered yet. */
  @Override
  public String name() {
    return targets.getFirst().provider().name();
  }

  /** The smallest, for a call may go to any of them. */
  @Override
  public OptionalLong window(String model) {
    return targets.stream().flatMapToLong(target -> target.provider().window(model).stream()).min();
  }

  @Override
  public Price price(String model) {
    return targets.getFirst().provider().price(model);
  }

  @Override
  public ModelAnswer complete(ModelRequest request, Consumer<String> text)
      throws InterruptedException, ModelFailed {
    Told told = new Told(text);
    return new Call<>(order(), told, provider -> provider.complete(request, told), ModelAnswer::by)
        .answer();
  }

  @Override
  public EmbeddingAnswer embed(EmbeddingRequest request) throws InterruptedException, ModelFailed {
    return new Call<>(
            order(), new Told(text -> {}), provider -> provider.embed(request), EmbeddingAnswer::by)
        .answer();
  }

  /** What is wanted of an upstream. */
  @FunctionalInterface
  private interface Wish<T> {
    T of(ModelProvider provider) throws InterruptedException, ModelFailed;
  }

  /** An answer, ascribed to the upstream that gave it after so much was spent. */
  @FunctionalInterface
  private interface Ascribed<T> {
    T by(T answer, String provider, boolean fallback, TokenUsage spent);
  }

  /** A draw without putting back, by weight; those of weight 0 come last. */
  private List<Target> order() {
    List<Target> left = new ArrayList<>(targets.stream().filter(it -> !it.isFallback()).toList());
    List<Target> order = new ArrayList<>();
    while (left.size() > 1) {
      int draw = random.get().nextInt(left.stream().mapToInt(Target::weight).sum());
      int at = 0;
      while (draw >= left.get(at).weight()) {
        draw -= left.get(at).weight();
        at++;
      }
      order.add(left.remove(at));
    }
    order.addAll(left);
    targets.stream().filter(Target::isFallback).forEach(order::add);
    return order;
  }

  /** One model call on its way through the upstreams. */
  private final class Call<T> {
    private final List<Target> order;
    private final Told told;
    private final Wish<T> wish;
    private final Ascribed<T> ascribed;
    private final Set<Target> asked = new HashSet<>();
    private int attempts;
    private TokenUsage spent = TokenUsage.NONE;
    private Optional<ModelFailed> last = Optional.empty();

    Call(List<Target> order, Told told, Wish<T> wish, Ascribed<T> ascribed) {
      this.order = new ArrayList<>(order);
      this.told = told;
      this.wish = wish;
      this.ascribed = ascribed;
    }

    T answer() throws InterruptedException, ModelFailed {
      while (true) {
        Optional<T> answer = attempt();
        if (answer.isPresent()) {
          return answer.get();
        }
      }
    }

    /** Asks one upstream, after a pause if it has failed this call before; empty: it failed. */
    private Optional<T> attempt() throws InterruptedException, ModelFailed {
      for (Target target : order) {
        if (asked.contains(target)) {
          // whoever is left has failed this call already
          pause.of(
              rule.pause(attempts, last.flatMap(ModelFailed::retryAfter), random.get())
                  .orElseThrow(this::gaveUp));
          asked.clear();
        }
        Optional<Breaker.Pass> pass = target.breaker().admit();
        if (pass.isPresent()) {
          return attempt(target, pass.get());
        }
        events.shut(target.provider().name());
      }
      throw last.isPresent() ? gaveUp() : nowhere();
    }

    private Optional<T> attempt(Target target, Breaker.Pass pass)
        throws InterruptedException, ModelFailed {
      Breaker.End end = Breaker.End.UNTOLD;
      try {
        T answer = wish.of(target.provider());
        end = Breaker.End.WELL;
        if (target.isFallback()) {
          events.fellBack(target.provider().name());
        }
        return Optional.of(
            ascribed.by(answer, target.provider().name(), target.isFallback(), spent));
      } catch (ModelFailed e) {
        end = e.kind().end();
        failed(target, e);
        return Optional.empty();
      } finally {
        pass.ended(end);
      }
    }

    private void failed(Target target, ModelFailed e) throws ModelFailed {
      attempts++;
      spent = spent.plus(e.usage());
      last = Optional.of(e);
      asked.add(target);
      order.remove(target);
      if (e.kind().mayBeAskedAgain()) {
        order.add(target);
      }
      if (told.any() || e.kind().isFinal() || order.isEmpty() || attempts >= rule.attempts()) {
        throw gaveUp();
      }
      events.retried(target.provider().name(), e.kind().wire());
    }

    private ModelFailed gaveUp() {
      return last.orElseThrow().with(spent);
    }

    private ModelFailed nowhere() {
      Duration wait =
          order.stream()
              .map(target -> target.breaker().left())
              .min(Duration::compareTo)
              .orElse(Duration.ZERO);
      return new ModelFailed(
          ModelFailed.Kind.FAILED,
          Failure.unavailable(
                  "upstream_unavailable",
                  "The model's providers fail at the moment and are not asked. Try again.")
              .retryAfter(wait.toSeconds()),
          TokenUsage.NONE);
    }
  }
}

package dev.hermes.api.model.route;

import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.problem.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
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

  @Override
  public ModelAnswer complete(ModelRequest request, Consumer<String> text)
      throws InterruptedException, ModelFailed {
    Call call = new Call(order(), request, text);
    while (true) {
      Optional<ModelAnswer> answer = call.attempt();
      if (answer.isPresent()) {
        return answer.get();
      }
    }
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
  private final class Call {
    private final List<Target> order;
    private final ModelRequest request;
    private final Consumer<String> text;
    private final Set<Target> asked = new HashSet<>();
    private int attempts;
    private boolean delivered;
    private TokenUsage spent = TokenUsage.NONE;
    private Optional<ModelFailed> last = Optional.empty();

    Call(List<Target> order, ModelRequest request, Consumer<String> text) {
      this.order = new ArrayList<>(order);
      this.request = request;
      this.text = text;
    }

    /** Asks one upstream, after a pause if it has failed this call before; empty: it failed. */
    Optional<ModelAnswer> attempt() throws InterruptedException, ModelFailed {
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

    private Optional<ModelAnswer> attempt(Target target, Breaker.Pass pass)
        throws InterruptedException, ModelFailed {
      Breaker.End end = Breaker.End.UNTOLD;
      try {
        ModelAnswer answer = target.provider().complete(request, this::deliver);
        end = Breaker.End.WELL;
        if (target.isFallback()) {
          events.fellBack(target.provider().name());
        }
        return Optional.of(answer.by(target.provider().name(), target.isFallback(), spent));
      } catch (ModelFailed e) {
        end = e.kind().end();
        failed(target, e);
        return Optional.empty();
      } finally {
        pass.ended(end);
      }
    }

    private void deliver(String piece) {
      delivered = true;
      text.accept(piece);
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
      if (delivered || e.kind().isFinal() || order.isEmpty() || attempts >= rule.attempts()) {
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

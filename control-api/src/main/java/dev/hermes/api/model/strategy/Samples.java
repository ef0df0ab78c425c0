package dev.hermes.api.model.strategy;

import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.trace.Carried;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Asks a model several times at once and counts what that uses, also when it is interrupted. One
 * for a turn.
 */
final class Samples {
  private final ModelProvider provider;
  private TokenUsage unsettled = TokenUsage.NONE;
  private boolean degraded;

  Samples(ModelProvider provider) {
    this.provider = provider;
  }

  /**
   * The answers in the order of the requests; those that failed are left out.
   *
   * @throws ModelFailed when all have failed, or one is refused for what it asks
   */
  List<ModelAnswer> of(List<ModelRequest> requests) throws InterruptedException, ModelFailed {
    List<Callable<ModelAnswer>> calls =
        requests.stream().map(request -> Carried.beside(() -> ask(request))).toList();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      return answers(threads.invokeAll(calls));
    }
  }

  /** One answer, whose text is nobody's but the strategy's. */
  ModelAnswer one(ModelRequest request) throws InterruptedException, ModelFailed {
    return of(List.of(request)).getFirst();
  }

  /** The answer with all that led to it on its bill. */
  ModelAnswer settle(ModelAnswer last) {
    ModelAnswer all = last.by(last.provider(), last.degraded() || degraded, take());
    degraded = false;
    return all;
  }

  ModelFailed settle(ModelFailed failure) {
    return failure.with(failure.usage().plus(take()));
  }

  /** What is on nobody's bill yet; afterwards there is none. */
  synchronized TokenUsage take() {
    TokenUsage all = unsettled;
    unsettled = TokenUsage.NONE;
    return all;
  }

  private List<ModelAnswer> answers(List<Future<ModelAnswer>> calls)
      throws InterruptedException, ModelFailed {
    List<ModelAnswer> answers = new ArrayList<>();
    ModelFailed failure = null;
    for (Future<ModelAnswer> call : calls) {
      try {
        answers.add(call.get());
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof ModelFailed failed)) {
          throw new IllegalStateException("a sample broke off", e.getCause());
        }
        failure = failure == null || failed.kind().isFinal() ? failed : failure;
      }
    }
    if (failure != null && (answers.isEmpty() || failure.kind().isFinal())) {
      throw failure.with(take());
    }
    return answers;
  }

  private ModelAnswer ask(ModelRequest request) throws InterruptedException, ModelFailed {
    try {
      ModelAnswer answer = provider.complete(request, piece -> {});
      count(answer.usage(), answer.degraded());
      return answer;
    } catch (ModelFailed e) {
      count(e.usage(), false);
      throw e;
    } catch (InterruptedException e) {
      count(provider.broken(request, 0), false);
      throw e;
    }
  }

  private synchronized void count(TokenUsage more, boolean fallback) {
    unsettled = unsettled.plus(more);
    degraded |= fallback;
  }
}

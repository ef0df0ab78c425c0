package dev.hermes.api.chat;

import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelMetrics;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.SummaryModel;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.session.History;
import dev.hermes.api.session.SessionSummary;
import dev.hermes.api.trace.Carried;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a conversation to the size of the model's window. Where the model's alias wants that, what
 * is left out is summed up by one model call, at most one a turn; a turn whose summary cannot be
 * had goes on without.
 */
@Singleton
final class Summaries {
  private static final Logger LOG = LoggerFactory.getLogger(Summaries.class);

  private final ModelMetrics models;
  private final ChatMetrics metrics;
  private final Duration most;

  Summaries(
      ModelMetrics models,
      ChatMetrics metrics,
      @Value("${hermes.summary-seconds:30s}") Duration most) {
    this.models = models;
    this.metrics = metrics;
    this.most = most;
  }

  /**
   * @param tokens that the conversation may have
   * @param mayAsk whether the turn may make another model call than its next one
   */
  void fit(
      Turn turn, Conversation conversation, long tokens, boolean mayAsk, Interruption interruption)
      throws InterruptedException {
    Optional<SummaryModel> by = turn.model().provider().summary();
    if (by.isPresent()) {
      conversation.recall(tokens);
      if (mayAsk && !conversation.isSummedUp() && conversation.lacks(tokens)) {
        sumUp(turn, by.get(), conversation, tokens, interruption);
      }
    }
    conversation.fit(tokens);
  }

  /** More goes than must, or the next turn would have to sum up again. */
  private void sumUp(
      Turn turn, SummaryModel by, Conversation conversation, long tokens, Interruption interruption)
      throws InterruptedException {
    List<History.Kept> older = conversation.oldest(tokens / 4 * 3, tokens, SummaryPrompt.most(by));
    if (older.isEmpty()) {
      return;
    }
    ModelRequest request = SummaryPrompt.request(by, conversation.summary(), older);
    Optional<SessionSummary> made = Optional.empty();
    String outcome = "failed";
    try {
      made = SummaryPrompt.read(by, ask(turn, by, request, interruption), older);
      outcome = made.isPresent() ? "made" : "failed";
    } catch (ModelFailed e) {
      turn.used(e.usage());
      outcome = e.kind() == ModelFailed.Kind.SILENT ? "slow" : "failed";
      // its words may have been the conversation's
      LOG.warn("{}: no summary: {}", turn.requestId(), e.kind().wire());
    } catch (InterruptedException e) {
      outcome = "aborted";
      turn.usedInPart(by.provider().broken(request, 0));
      throw e;
    } finally {
      metrics.summary(outcome);
    }
    made.ifPresent(turn::sumUp);
    conversation.sumUp(made);
  }

  private ModelAnswer ask(
      Turn turn, SummaryModel by, ModelRequest request, Interruption interruption)
      throws ModelFailed, InterruptedException {
    long begun = System.nanoTime();
    String status = "failed";
    try {
      ModelAnswer said = interruption.during(() -> inTime(by, request));
      status = "succeeded";
      turn.used(said.usage());
      models.tokens(turn.caller().tenant(), by.model(), said.provider(), said.usage());
      return said;
    } catch (ModelFailed e) {
      status = e.kind().status();
      throw e;
    } catch (InterruptedException e) {
      status = "aborted";
      throw e;
    } finally {
      models.call(by.model(), by.provider().name(), status, System.nanoTime() - begun);
    }
  }

  /** On a thread of its own, for it is to end before the turn has to. */
  private ModelAnswer inTime(SummaryModel by, ModelRequest request)
      throws ModelFailed, InterruptedException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<ModelAnswer> said = threads.submit(Carried.beside(() -> complete(by, request)));
      try {
        return said.get(most.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        throw broken(by, request, ModelFailed.Kind.SILENT, e);
      } catch (ExecutionException e) {
        throw e.getCause() instanceof ModelFailed failed
            ? failed
            : broken(by, request, ModelFailed.Kind.FAILED, e);
      } finally {
        said.cancel(true);
      }
    }
  }

  private static ModelFailed broken(
      SummaryModel by, ModelRequest request, ModelFailed.Kind kind, Exception cause) {
    ModelFailed broken =
        new ModelFailed(
            kind,
            Failure.unavailable("no_summary", "No summary came of the call for it."),
            by.provider().broken(request, 0));
    broken.initCause(cause);
    return broken;
  }

  /** A model that refuses is asked once more, without what some do not take. */
  private static ModelAnswer complete(SummaryModel by, ModelRequest request)
      throws InterruptedException, ModelFailed {
    try {
      return by.provider().complete(request, piece -> {});
    } catch (ModelFailed e) {
      if (e.kind() != ModelFailed.Kind.REFUSED || e.isTooLong()) {
        throw e;
      }
      return by.provider().complete(SummaryPrompt.plainer(request), piece -> {});
    }
  }
}

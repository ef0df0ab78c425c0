package dev.hermes.api.chat;

import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.session.History;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a turn from the session's lock to its settlement, which happens exactly once however the
 * turn ends, and before the client is told that it has ended.
 */
@Singleton
final class TurnRunner {
  private static final Logger LOG = LoggerFactory.getLogger(TurnRunner.class);

  private final TurnBeginning beginning;
  private final AgentLoop loop;
  private final Settlement settlement;
  private final ChatMetrics metrics;

  TurnRunner(TurnBeginning beginning, AgentLoop loop, Settlement settlement, ChatMetrics metrics) {
    this.beginning = beginning;
    this.loop = loop;
    this.settlement = settlement;
    this.metrics = metrics;
  }

  /** Throws {@link ApiException} or another exception when the turn failed; it is settled then. */
  void run(Turn turn, Answer answer, Interruption interruption) {
    try (var _ = metrics.running(turn)) {
      settled(turn, answer, interruption);
    }
  }

  private void settled(Turn turn, Answer answer, Interruption interruption) {
    TurnBeginning.Begun begun = beginning.begin(turn);
    LoopEnd end;
    try {
      History.Continued conversation = turn.request().after(begun.history());
      turn.asks(conversation.fresh());
      end = loop.run(turn, new Conversation(begun.withNotes(conversation)), answer, interruption);
    } catch (InterruptedException e) {
      end =
          switch (interruption.cause().orElse(Interruption.Cause.CLIENT_GONE)) {
            case ABORTED -> LoopEnd.aborted();
            case WALL_CLOCK -> LoopEnd.limit("wall_clock");
            case SHUTDOWN -> LoopEnd.limit("shutdown");
            case CLIENT_GONE -> throw failed(turn, "aborted", new ClientGoneException());
          };
    } catch (ClientGoneException e) {
      throw failed(turn, "aborted", e);
    } catch (ModelFailed e) {
      throw failed(turn, "failed", new ApiException(e.failure()));
    } catch (RuntimeException e) {
      throw failed(turn, "failed", e);
    }
    String status = end.status();
    settlement.settle(turn, status, answer.kept(end, turn.usage(), turn.said()));
    metrics.completion(turn, status);
    answer.end(end, turn.usage());
  }

  private RuntimeException failed(Turn turn, String status, RuntimeException cause) {
    metrics.completion(turn, status);
    try {
      settlement.settle(turn, status, Optional.empty());
    } catch (RuntimeException e) {
      LOG.debug("{}: the turn's own failure is told instead", turn.requestId(), e);
    }
    return cause;
  }
}

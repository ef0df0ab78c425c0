package dev.hermes.api.chat;

import dev.hermes.api.idempotency.ClaimKeeper;
import dev.hermes.api.idempotency.IdempotencyKeys;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
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
  private final ClaimKeeper claims;
  private final ChatMetrics metrics;

  TurnRunner(
      TurnBeginning beginning,
      AgentLoop loop,
      Settlement settlement,
      ClaimKeeper claims,
      ChatMetrics metrics) {
    this.beginning = beginning;
    this.loop = loop;
    this.settlement = settlement;
    this.claims = claims;
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
    try (ClaimKeeper.Kept _ = kept(turn, interruption)) {
      settled(turn, begun, answer, interruption);
    }
  }

  private ClaimKeeper.Kept kept(Turn turn, Interruption interruption) {
    return turn.claim()
        .map(claim -> claims.keep(claim, () -> interruption.raise(Interruption.Cause.SUPERSEDED)))
        .orElse(() -> {});
  }

  private void settled(
      Turn turn, TurnBeginning.Begun begun, Answer answer, Interruption interruption) {
    LoopEnd end;
    try {
      History.Continued conversation = turn.request().after(begun.history());
      turn.asks(conversation.fresh());
      begun.resumed().ifPresent(it -> turn.continues(it.progress()));
      end =
          loop.run(
              turn,
              begun.resumed(),
              new Conversation(
                  begun.instructing(conversation),
                  // whose alias makes none is shown none
                  turn.model().provider().summary().flatMap(_ -> begun.summary())),
              answer,
              interruption);
    } catch (InterruptedException e) {
      end =
          switch (interruption.cause().orElse(Interruption.Cause.CLIENT_GONE)) {
            case ABORTED -> LoopEnd.aborted();
            case WALL_CLOCK -> LoopEnd.limit("wall_clock");
            case SHUTDOWN -> shutDown(turn);
            case CLIENT_GONE -> throw failed(turn, "aborted", new ClientGoneException());
            case SUPERSEDED -> throw failed(turn, "aborted", IdempotencyKeys.inUse());
          };
    } catch (ClientGoneException e) {
      throw failed(turn, "aborted", e);
    } catch (ModelFailed e) {
      throw failed(turn, "failed", new ApiException(e.failure()));
    } catch (RuntimeException e) {
      throw failed(turn, "failed", e);
    }
    finish(turn, end, answer);
  }

  /** What there is, where nobody could go on; with a key the next replica does. */
  private LoopEnd shutDown(Turn turn) {
    if (turn.claim().isEmpty()) {
      return LoopEnd.limit("shutdown");
    }
    throw failed(
        turn,
        "aborted",
        new ApiException(
            Failure.unavailable(
                    "replica_restarting",
                    "This replica is being restarted. Send the request again with the same"
                        + " Idempotency-Key: it goes on where it was.")
                .with("Retry-After", "1")));
  }

  private void finish(Turn turn, LoopEnd end, Answer answer) {
    String status = end.status();
    settlement.settle(
        turn,
        status,
        answer.kept(end, turn.usage(), turn.kept()),
        turn.claim().map(_ -> answer.repeatable(end, turn.usage()).orElseThrow()));
    metrics.completion(turn, status);
    answer.end(end, turn.usage());
  }

  private RuntimeException failed(Turn turn, String status, RuntimeException cause) {
    metrics.completion(turn, status);
    try {
      settlement.settle(turn, status, Optional.empty(), Optional.empty());
    } catch (RuntimeException e) {
      LOG.debug("{}: the turn's own failure is told instead", turn.requestId(), e);
    }
    return cause;
  }
}

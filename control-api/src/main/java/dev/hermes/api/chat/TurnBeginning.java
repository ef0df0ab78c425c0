package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.idempotency.Claim;
import dev.hermes.api.idempotency.IdempotencyKeys;
import dev.hermes.api.memory.MemoryOwner;
import dev.hermes.api.memory.Notes;
import dev.hermes.api.session.History;
import dev.hermes.api.session.Sessions;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.util.Optional;

/**
 * Takes the key and the session of a turn and what is kept for its user, in one transaction or in
 * none: who is at work for a key is who has the session.
 */
@Singleton
final class TurnBeginning {
  private final TenantDatabase database;
  private final IdempotencyKeys keys;
  private final Sessions sessions;
  private final Notes notes;

  TurnBeginning(TenantDatabase database, IdempotencyKeys keys, Sessions sessions, Notes notes) {
    this.database = database;
    this.keys = keys;
    this.sessions = sessions;
    this.notes = notes;
  }

  /**
   * A turn that died under the same key, or failed, when it had done something.
   *
   * @param dead the last request that was at work, whether or not it came any farther
   */
  record Resumed(Progress progress, String dead) {}

  /** What a turn begins with; the notes are the model's to read and no part of the session. */
  record Begun(History history, Optional<ObjectNode> notes, Optional<Resumed> resumed) {
    private static final Begun EMPTY = new Begun(History.NONE, Optional.empty(), Optional.empty());

    /** The notes stand behind the instructions that the conversation begins with. */
    History.Continued withNotes(History.Continued conversation) {
      return notes.map(conversation::instructed).orElse(conversation);
    }
  }

  /**
   * 409 while another turn has the session or is at work for the key.
   *
   * @throws dev.hermes.api.idempotency.AnsweredException when the turn was there before
   */
  Begun begin(Turn turn) {
    if (turn.session().isEmpty() && !turn.memory() && turn.claim().isEmpty()) {
      return Begun.EMPTY;
    }
    return database.inTenant(
        turn.caller().tenant(),
        handle -> {
          Optional<IdempotencyKeys.Taken> taken = turn.claim().map(claim -> claim(turn, claim));
          Optional<String> dead = taken.flatMap(IdempotencyKeys.Taken::dead);
          return new Begun(
              turn.session()
                  .map(key -> sessions.begin(key, turn.requestId(), turn.model().model(), dead))
                  .orElse(History.NONE),
              turn.memory() ? notes.message(MemoryOwner.of(turn.caller())) : Optional.empty(),
              taken
                  .flatMap(IdempotencyKeys.Taken::progress)
                  .map(it -> new Resumed(Progress.parse(it), dead.orElseThrow())));
        });
  }

  private IdempotencyKeys.Taken claim(Turn turn, Claim claim) {
    return keys.claim(claim, turn.session().map(key -> key.id().value()));
  }
}

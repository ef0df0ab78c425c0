package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.memory.MemoryOwner;
import dev.hermes.api.memory.Notes;
import dev.hermes.api.session.History;
import dev.hermes.api.session.Sessions;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.util.Optional;

/** Takes the session of a turn and what is kept for its user, in one transaction or in none. */
@Singleton
final class TurnBeginning {
  private final TenantDatabase database;
  private final Sessions sessions;
  private final Notes notes;

  TurnBeginning(TenantDatabase database, Sessions sessions, Notes notes) {
    this.database = database;
    this.sessions = sessions;
    this.notes = notes;
  }

  /** What a turn begins with; the notes are the model's to read and no part of the session. */
  record Begun(History history, Optional<ObjectNode> notes) {
    private static final Begun EMPTY = new Begun(History.NONE, Optional.empty());

    /** The notes stand behind the instructions that the conversation begins with. */
    History.Continued withNotes(History.Continued conversation) {
      return notes.map(conversation::instructed).orElse(conversation);
    }
  }

  /** 409 while another turn has the session. */
  Begun begin(Turn turn) {
    if (turn.session().isEmpty() && !turn.memory()) {
      return Begun.EMPTY;
    }
    return database.inTenant(
        turn.caller().tenant(),
        handle ->
            new Begun(
                turn.session()
                    .map(key -> sessions.begin(key, turn.requestId(), turn.model().model()))
                    .orElse(History.NONE),
                turn.memory() ? notes.message(MemoryOwner.of(turn.caller())) : Optional.empty()));
  }
}

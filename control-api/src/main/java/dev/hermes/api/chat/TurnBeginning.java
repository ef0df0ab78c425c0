package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.idempotency.Claim;
import dev.hermes.api.idempotency.IdempotencyKeys;
import dev.hermes.api.memory.MemoryOwner;
import dev.hermes.api.memory.Notes;
import dev.hermes.api.session.History;
import dev.hermes.api.session.SessionSummary;
import dev.hermes.api.session.Sessions;
import dev.hermes.api.skill.SkillList;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Takes the key and the session of a turn, and what its model is told, in one transaction or in
 * none: who is at work for a key is who has the session.
 */
@Singleton
final class TurnBeginning {
  private final TenantDatabase database;
  private final IdempotencyKeys keys;
  private final Sessions sessions;
  private final Notes notes;
  private final SkillList skills;

  TurnBeginning(
      TenantDatabase database,
      IdempotencyKeys keys,
      Sessions sessions,
      Notes notes,
      SkillList skills) {
    this.database = database;
    this.keys = keys;
    this.sessions = sessions;
    this.notes = notes;
    this.skills = skills;
  }

  /**
   * A turn that died under the same key, or failed, when it had done something.
   *
   * @param dead the last request that was at work, whether or not it came any farther
   */
  record Resumed(Progress progress, String dead) {}

  /**
   * What a turn begins with.
   *
   * @param told what the platform tells the model; it is no part of the session
   */
  record Begun(History history, List<ObjectNode> told, Optional<Resumed> resumed) {
    private static final Begun EMPTY = new Begun(History.NONE, List.of(), Optional.empty());

    Begun {
      told = List.copyOf(told);
    }

    /** Of the session's oldest messages: the one that reaches farther. */
    Optional<SessionSummary> summary() {
      return Stream.concat(
              history.summary().stream(), resumed.flatMap(it -> it.progress().summary()).stream())
          .max(Comparator.comparingInt(SessionSummary::through));
    }

    /** What is told stands behind the instructions that the conversation begins with. */
    History.Continued instructing(History.Continued conversation) {
      History.Continued all = conversation;
      for (ObjectNode instruction : told) {
        all = all.instructed(instruction);
      }
      return all;
    }
  }

  /**
   * 409 while another turn has the session or is at work for the key.
   *
   * @throws dev.hermes.api.idempotency.AnsweredException when the turn was there before
   */
  Begun begin(Turn turn) {
    boolean mayHaveSkills = turn.tools().wantsSkills() && skills.mayHave(turn.caller().tenant());
    if (turn.session().isEmpty() && !turn.memory() && turn.claim().isEmpty() && !mayHaveSkills) {
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
              told(turn, mayHaveSkills),
              taken
                  .flatMap(IdempotencyKeys.Taken::progress)
                  .map(it -> new Resumed(Progress.parse(it), dead.orElseThrow())));
        });
  }

  private List<ObjectNode> told(Turn turn, boolean mayHaveSkills) {
    Optional<ObjectNode> kept =
        turn.memory() ? notes.message(MemoryOwner.of(turn.caller())) : Optional.empty();
    Optional<ObjectNode> installed =
        mayHaveSkills
            ? skills.message(turn.caller(), turn.tools().sandboxTools())
            : Optional.empty();
    if (installed.isPresent()) {
      turn.tools().offersSkills();
    }
    return Stream.of(kept, installed).flatMap(Optional::stream).toList();
  }

  private IdempotencyKeys.Taken claim(Turn turn, Claim claim) {
    return keys.claim(claim, turn.session().map(key -> key.id().value()));
  }
}

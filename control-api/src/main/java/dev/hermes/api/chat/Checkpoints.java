package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.StorableText;
import dev.hermes.api.idempotency.IdempotencyKeys;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.tool.ToolRunner;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.util.List;

/**
 * Keeps how far a turn with a key has come, in one transaction with the receipts of what it did: a
 * repetition of one that died goes on behind the last call that ended.
 */
@Singleton
final class Checkpoints {
  /** Beyond it nothing more is kept, and a repetition goes on from farther back. */
  private static final int MOST_CHARACTERS = 4 * 1024 * 1024;

  private final TenantDatabase database;
  private final IdempotencyKeys keys;
  private final ToolRunner tools;

  Checkpoints(TenantDatabase database, IdempotencyKeys keys, ToolRunner tools) {
    this.database = database;
    this.keys = keys;
    this.tools = tools;
  }

  /** The turn stands behind this much of its last round. Does nothing for one without a key. */
  void save(Turn turn, List<ObjectNode> round) {
    if (turn.claim().isEmpty()) {
      return;
    }
    String progress = StorableText.of(Progress.of(turn, round).json());
    if (progress.length() > MOST_CHARACTERS) {
      return;
    }
    database.inTenant(
        turn.caller().tenant(),
        handle -> {
          keys.progress(turn.claim().get(), progress);
          tools.record(turn.tools());
          return true;
        });
    tools.recorded(turn.tools());
  }

  /**
   * Whether the call was begun and nobody knows how it ended: a receipt is there before a tool
   * runs, and progress when it has.
   */
  boolean mayHaveRun(Turn turn, TurnBeginning.Resumed resumed, ToolCall call) {
    return tools.mayHaveRun(
        turn.caller().tenant(),
        List.of(resumed.progress().request(), resumed.dead()),
        call.id(),
        resumed.progress().results(call.id()));
  }
}

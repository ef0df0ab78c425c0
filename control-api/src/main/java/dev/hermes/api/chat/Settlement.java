package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.idempotency.Claim;
import dev.hermes.api.idempotency.IdempotencyKeys;
import dev.hermes.api.idempotency.KeptAnswer;
import dev.hermes.api.response.KeptResponse;
import dev.hermes.api.response.KeptResponses;
import dev.hermes.api.session.Sessions;
import dev.hermes.api.tool.ToolRunner;
import dev.hermes.api.trace.Carried;
import dev.hermes.api.usage.UsageRecord;
import dev.hermes.api.usage.UsageSettlement;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.access.Writes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;

/**
 * Ends a turn in one transaction: usage, receipts, messages, what is kept of a response, the
 * session's lock, the answer under its key, audit, and the sandbox's lease, unless that is in
 * another database: then after it.
 */
@Singleton
final class Settlement {
  private final TenantDatabase database;
  private final UsageSettlement settlement;
  private final Sessions sessions;
  private final ToolRunner tools;
  private final KeptResponses responses;
  private final IdempotencyKeys keys;

  Settlement(
      TenantDatabase database,
      UsageSettlement settlement,
      Sessions sessions,
      ToolRunner tools,
      KeptResponses responses,
      IdempotencyKeys keys) {
    this.database = database;
    this.settlement = settlement;
    this.sessions = sessions;
    this.tools = tools;
    this.responses = responses;
    this.keys = keys;
  }

  /**
   * Throws when it could not be done in a few tries; what was used is in the log then.
   *
   * @param answer what a repetition gets; empty: the turn failed, and a repetition goes on
   */
  void settle(Turn turn, String status, Optional<KeptResponse> kept, Optional<KeptAnswer> answer) {
    UsageRecord record = turn.record(status);
    try {
      settlement.settle(
          turn.caller().tenant(),
          UsageSettlement.Kind.CHAT,
          record,
          writes -> {
            write(turn, writes, kept, answer);
            tools.leave(turn.tools());
          });
    } finally {
      tools.part(turn.tools());
    }
    Thread.ofVirtual().name("release").start(Carried.beyond(() -> tools.release(turn.tools())));
  }

  private void write(
      Turn turn, Writes writes, Optional<KeptResponse> kept, Optional<KeptAnswer> answer) {
    // a repetition will say all of it anew
    List<ObjectNode> added =
        turn.claim().isPresent() && answer.isEmpty() ? List.of() : turn.added();
    TenantId tenant = turn.caller().tenant();
    if (turn.session().isEmpty()
        && turn.claim().isEmpty()
        && kept.isEmpty()
        && turn.tools().isSettled()) {
      database.write(tenant, writes);
      return;
    }
    database.inTenant(
        tenant,
        handle -> {
          tools.settle(turn.tools());
          turn.session()
              .ifPresent(key -> sessions.end(key, turn.requestId(), added, turn.summary()));
          kept.ifPresent(response -> responses.store(turn.caller(), response));
          turn.claim().ifPresent(claim -> settle(claim, answer, kept));
          writes.send(handle);
          return true;
        });
  }

  private void settle(Claim claim, Optional<KeptAnswer> answer, Optional<KeptResponse> kept) {
    answer.ifPresentOrElse(
        it -> keys.finish(claim, it, kept.map(KeptResponse::id)), () -> keys.release(claim));
  }
}

package dev.hermes.api.tool;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.Cut;
import dev.hermes.api.memory.Memories;
import dev.hermes.api.memory.Memories.Kept;
import dev.hermes.api.memory.Memory;
import dev.hermes.api.memory.MemoryOwner;
import dev.hermes.api.memory.MemoryPage;
import dev.hermes.api.memory.Writer;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.receipt.Receipt;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.util.Optional;

/**
 * Calls of the tool {@code memory}: the caller's own memories and nobody else's. The receipt and
 * what the call does are one transaction.
 */
@Singleton
final class MemoryCalls {
  /** Entries of a list or a search; each is cut, for get shows it whole. */
  private static final int MOST = 50;

  private static final int MOST_SHOWN = 200;

  private final TenantDatabase database;
  private final Memories memories;
  private final ToolReceipts receipts;
  private final ObjectMapper json;

  MemoryCalls(
      TenantDatabase database, Memories memories, ToolReceipts receipts, ObjectMapper json) {
    this.database = database;
    this.memories = memories;
    this.receipts = receipts;
    this.json = json;
  }

  ToolResult run(ToolTurn turn, ToolCall call, Receipt receipt) {
    MemoryAction action;
    try {
      action = MemoryAction.parse(call.arguments(), json);
    } catch (ApiException e) {
      receipts.begin(turn, receipt, "");
      return ToolResult.error(e.failure().message(), "");
    }
    if (action.writes() && !ToolPolicy.mayWrite(turn.caller())) {
      receipts.begin(turn, receipt, "");
      return ToolResult.refused(
          new ToolOutcome.Answered("error: this caller may only read its memories", true));
    }
    ToolResult result =
        database.inTenant(
            turn.caller().tenant(),
            handle -> {
              receipts.write(turn, receipt, "");
              return act(turn, action);
            });
    turn.written();
    return result;
  }

  private ToolResult act(ToolTurn turn, MemoryAction action) {
    MemoryOwner owner = MemoryOwner.of(turn.caller());
    Writer writer = new Writer(turn.caller(), turn.requestId());
    return switch (action) {
      case MemoryAction.Set set ->
          switch (memories.set(owner, set.key(), set.text(), writer)) {
            case Kept.Added added -> done("kept " + added.memory().key());
            case Kept.Changed changed -> done("changed " + changed.memory().key());
            case Kept.Full full ->
                ToolResult.refused(new ToolOutcome.Answered("error: " + full.message(), true));
          };
      case MemoryAction.Get get ->
          memories
              .find(owner, get.key())
              .map(memory -> done(memory.content()))
              .orElseGet(() -> unknown(get.key().value()));
      case MemoryAction.Search search ->
          done(lines(memories.page(owner, Optional.of(search.query()), search.after(), MOST)));
      case MemoryAction.Listing list ->
          done(lines(memories.page(owner, Optional.empty(), list.after(), MOST)));
      case MemoryAction.Delete delete ->
          memories.delete(owner, delete.key(), writer)
              ? done("deleted " + delete.key().value())
              : unknown(delete.key().value());
    };
  }

  private static ToolResult done(String text) {
    return ToolResult.of(new ToolOutcome.Answered(text, false), "");
  }

  private static ToolResult unknown(String key) {
    return ToolResult.error("there is no memory " + key, "");
  }

  private String lines(MemoryPage page) {
    StringBuilder lines = new StringBuilder();
    for (Memory memory : page.data()) {
      ObjectNode line =
          json.createObjectNode()
              .put("key", memory.key())
              .put("content", Cut.marked(memory.content(), MOST_SHOWN));
      lines.append(line.put("updated_at", memory.updatedAt())).append('\n');
    }
    if (page.next() != null) {
      lines.append("[more: the same with \"after\": \"").append(page.next()).append("\"]\n");
    }
    return lines.isEmpty() ? "(none)" : lines.toString();
  }
}

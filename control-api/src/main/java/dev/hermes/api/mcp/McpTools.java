package dev.hermes.api.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.tenant.Tenants;
import dev.hermes.api.tool.ToolOffers;
import dev.hermes.api.tool.ToolOutcome;
import dev.hermes.api.tool.ToolRunner;
import dev.hermes.api.tool.ToolTurn;
import dev.hermes.api.tool.ToolWish;
import dev.hermes.api.trace.Carried;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.Set;

/**
 * Lists and calls the tools that a caller's tenant allows. A call is what a model's call in a chat
 * is: the same policy, sandbox, receipt and audit.
 */
@Singleton
final class McpTools {
  private final Tenants tenants;
  private final ToolOffers offers;
  private final ToolRunner runner;
  private final TenantDatabase database;

  McpTools(Tenants tenants, ToolOffers offers, ToolRunner runner, TenantDatabase database) {
    this.tenants = tenants;
    this.offers = offers;
    this.runner = runner;
    this.database = database;
  }

  ObjectNode list(Principal caller, String requestId) {
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    var tools = result.putArray("tools");
    for (JsonNode definition : turn(caller, requestId, Optional.empty()).definitions()) {
      JsonNode function = definition.path("function");
      tools
          .addObject()
          .put("name", function.path("name").asText())
          .put("description", function.path("description").asText())
          .set("inputSchema", function.path("parameters"));
    }
    return result;
  }

  /** Empty when the caller has no tool of this name. */
  Optional<ObjectNode> call(
      Principal caller, String requestId, Optional<String> session, String name, JsonNode arguments)
      throws InterruptedException {
    ToolTurn turn = turn(caller, requestId, session);
    if (turn.definitions().stream()
        .noneMatch(it -> it.at("/function/name").asText().equals(name))) {
      return Optional.empty();
    }
    ToolOutcome outcome;
    try {
      outcome = runner.run(turn, new ToolCall("mcp", name, arguments.toString()));
    } finally {
      settle(turn, caller);
    }
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    result.putArray("content").addObject().put("type", "text").put("text", outcome.text());
    return Optional.of(result.put("isError", outcome.failed()));
  }

  private void settle(ToolTurn turn, Principal caller) {
    try {
      database.inTenant(
          caller.tenant(),
          handle -> {
            runner.settle(turn);
            return true;
          });
      runner.leave(turn);
    } finally {
      runner.part(turn);
    }
    Thread.ofVirtual().name("release").start(Carried.beyond(() -> runner.release(turn)));
  }

  private ToolTurn turn(Principal caller, String requestId, Optional<String> session) {
    return offers.of(
        caller, tenants.effective(caller.tenant()), requestId, session, ToolWish.allBut(Set.of()));
  }
}

package dev.hermes.api.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.identity.Principal;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;

/** Answers the requests of the Model Context Protocol that a server of tools has to. */
@Singleton
final class McpServer {
  /** Those whose messages are the ones here, newest first. */
  static final List<String> VERSIONS = List.of("2025-06-18", "2025-03-26");

  private final McpTools tools;

  McpServer(McpTools tools) {
    this.tools = tools;
  }

  ObjectNode answer(
      Principal caller, String requestId, Optional<String> session, Rpc.Request request)
      throws InterruptedException {
    return switch (request.method()) {
      case "initialize" -> Rpc.result(request, initialize(request.params()));
      case "ping" -> Rpc.result(request, JsonNodeFactory.instance.objectNode());
      case "tools/list" -> Rpc.result(request, tools.list(caller, requestId));
      case "tools/call" -> call(caller, requestId, session, request);
      default ->
          Rpc.error(
              request,
              Rpc.METHOD_NOT_FOUND,
              "There is no method '" + request.method() + "'; this server offers tools only.");
    };
  }

  private static ObjectNode initialize(JsonNode params) {
    String wanted = params.path("protocolVersion").asText();
    ObjectNode result =
        JsonNodeFactory.instance
            .objectNode()
            .put("protocolVersion", VERSIONS.contains(wanted) ? wanted : VERSIONS.getFirst());
    result.putObject("capabilities").putObject("tools").put("listChanged", false);
    result.putObject("serverInfo").put("name", "hermes").put("version", "1");
    return result.put(
        "instructions",
        "Tools run in a sandbox of this session, which keeps variables and files between calls and"
            + " ends when it is idle.");
  }

  private ObjectNode call(
      Principal caller, String requestId, Optional<String> session, Rpc.Request request)
      throws InterruptedException {
    String name = request.params().path("name").asText();
    JsonNode arguments = request.params().path("arguments");
    return tools
        .call(
            caller,
            requestId,
            session,
            name,
            arguments.isMissingNode() ? JsonNodeFactory.instance.objectNode() : arguments)
        .map(result -> Rpc.result(request, result))
        .orElseGet(() ->
            Rpc.error(
                request,
                Rpc.INVALID_PARAMS,
                "There is no tool '" + name + "'; tools/list names them."));
  }
}

package dev.hermes.api.mcp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.api.idempotency.Once;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.RequestId;
import dev.hermes.api.session.SessionId;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;

/**
 * MCP over streamable HTTP (specification of 2025-06-18): a message a request, each answered by one
 * JSON body. There is no stream to open with GET, for the server never speaks first. The session id
 * names the sandbox that the session's calls share.
 */
@Controller("/mcp")
final class McpController {
  private static final String SESSION = "Mcp-Session-Id";
  private static final String VERSION = "MCP-Protocol-Version";

  private final McpServer server;
  private final ObjectMapper json;

  McpController(McpServer server, ObjectMapper json) {
    this.server = server;
    this.json = json;
  }

  /** Takes one JSON-RPC message. */
  @Once
  @Post
  @Consumes(MediaType.APPLICATION_JSON)
  @Produces(MediaType.ALL)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  @ExecuteOn(TaskExecutors.BLOCKING)
  HttpResponse<?> message(HttpRequest<?> http, @Body byte[] body) throws InterruptedException {
    checkOrigin(http);
    checkVersion(http);
    JsonNode message = read(body);
    Optional<String> session =
        Optional.ofNullable(http.getHeaders().get(SESSION))
            .map(id -> SessionId.parse(SessionId.HEADER, id).value());
    if (Rpc.wantsNoAnswer(message)) {
      return HttpResponse.accepted();
    }
    Rpc.Request request = Rpc.request(message);
    JsonNode answer = server.answer(Principal.of(http), RequestId.of(http), session, request);
    MutableHttpResponse<byte[]> response =
        HttpResponse.ok(answer.toString().getBytes(StandardCharsets.UTF_8))
            .contentType(MediaType.APPLICATION_JSON_TYPE)
            .header("Cache-Control", "no-store");
    return request.method().equals("initialize")
        ? response.header(SESSION, "mcp-" + UUID.randomUUID())
        : response;
  }

  private JsonNode read(byte[] body) {
    try {
      return json.readTree(new String(body, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new ApiException(
          Failure.malformed("The body is not JSON: " + e.getOriginalMessage() + "."));
    }
  }

  /** A page of another site must not speak for who reads it, as the protocol demands. */
  private static void checkOrigin(HttpRequest<?> http) {
    String origin = http.getHeaders().get("Origin");
    String host = http.getHeaders().get("Host");
    if (origin != null && !authority(origin).equalsIgnoreCase(String.valueOf(host))) {
      throw new ApiException(
          Failure.forbidden("origin_not_allowed", "Requests of pages of other sites are refused."));
    }
  }

  private static String authority(String origin) {
    try {
      return String.valueOf(URI.create(origin).getAuthority());
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  private static void checkVersion(HttpRequest<?> http) {
    String version = http.getHeaders().get(VERSION);
    if (version != null && !McpServer.VERSIONS.contains(version)) {
      throw new ApiException(
          Failure.invalid(VERSION, VERSION + " is one of " + McpServer.VERSIONS + "."));
    }
  }
}

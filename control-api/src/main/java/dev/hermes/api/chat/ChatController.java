package dev.hermes.api.chat;

import dev.hermes.api.body.RequestBody;
import dev.hermes.api.idempotency.Claim;
import dev.hermes.api.idempotency.Once;
import dev.hermes.api.identity.Requires;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;

/** {@code POST /v1/chat/completions}, as OpenAI's clients call it. */
@Controller("/v1/chat")
final class ChatController {
  private final TurnMaker maker;
  private final TurnServer server;
  private final Clock clock;

  ChatController(TurnMaker maker, TurnServer server, Clock clock) {
    this.maker = maker;
    this.server = server;
    this.clock = clock;
  }

  /** One turn of an agent, as one object or as a stream of events. */
  @Once(byItself = true)
  @Post("/completions")
  @Consumes(MediaType.APPLICATION_JSON)
  // whatever a client accepts: some say JSON when they want a stream
  @Produces(MediaType.ALL)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN},
      callback = true)
  @ExecuteOn(TaskExecutors.BLOCKING)
  @Operation(
      operationId = "createChatCompletion",
      summary = "One turn of an agent",
      description =
          "OpenAI's chat completions. Header X-Hermes-Session-Id keeps the conversation;"
              + " X-Hermes-Tools narrows the platform's tools (none, or names). X-Hermes-Cache: use takes"
              + " the model's answer to the same call of the tenant in the last five minutes."
              + " X-Hermes-Memory, on or off, says whether the model knows what is kept for the user;"
              + " by default it does in a session."
              + " X-Hermes-Events: tools shows in a stream what the platform's tools do.")
  @io.swagger.v3.oas.annotations.parameters.RequestBody(
      required = true,
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              schema = @Schema(type = "object", requiredProperties = "messages")))
  @ApiResponse(
      responseCode = "200",
      description = "A chat.completion, or its chunks as server-sent events.",
      content = {
        @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(type = "object")),
        @Content(mediaType = MediaType.TEXT_EVENT_STREAM, schema = @Schema(type = "string"))
      })
  HttpResponse<?> complete(HttpRequest<?> http, @Body CompletableFuture<byte[]> body)
      throws InterruptedException {
    byte[] sent = RequestBody.await(body, RequestBody.SECONDS);
    ChatRequest request = ChatRequestReader.read(sent);
    boolean events = ToolProgress.wanted(http, request.stream());
    Turn turn = maker.make(http, request, TurnMaker.session(http), Claim.of(http, sent));
    Completion completion = Completion.of(clock.instant(), turn.model().model());
    return request.stream()
        ? server.stream(
            http,
            turn,
            stream -> new StreamedAnswer(completion, request.includeUsage(), events, stream))
        : server.whole(http, turn, new WholeAnswer(completion));
  }
}

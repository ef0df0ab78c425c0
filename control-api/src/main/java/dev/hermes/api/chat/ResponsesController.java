package dev.hermes.api.chat;

import dev.hermes.api.body.RequestBody;
import dev.hermes.api.idempotency.Claim;
import dev.hermes.api.idempotency.Once;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.response.KeptResponses;
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

/** {@code POST /v1/responses}: the same turn of an agent in OpenAI's newer form. */
@Controller("/v1/responses")
final class ResponsesController {
  private final TurnMaker maker;
  private final TurnServer server;
  private final KeptResponses kept;
  private final Clock clock;

  ResponsesController(TurnMaker maker, TurnServer server, KeptResponses kept, Clock clock) {
    this.maker = maker;
    this.server = server;
    this.kept = kept;
    this.clock = clock;
  }

  /** One turn of an agent, as one object or as a stream of events. */
  @Once(byItself = true)
  @Post
  @Consumes(MediaType.APPLICATION_JSON)
  // whatever a client accepts: some say JSON when they want a stream
  @Produces(MediaType.ALL)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN},
      callback = true)
  @ExecuteOn(TaskExecutors.BLOCKING)
  @Operation(
      operationId = "createResponse",
      summary = "One turn of an agent, in OpenAI's newer form",
      description =
          "OpenAI's responses. They are kept unless store is false, and previous_response_id follows"
              + " one of them; conversation, or the header X-Hermes-Session-Id, keeps a session.")
  @io.swagger.v3.oas.annotations.parameters.RequestBody(
      required = true,
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              schema = @Schema(type = "object", requiredProperties = "input")))
  @ApiResponse(
      responseCode = "200",
      description = "A response, or its events.",
      content = {
        @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(type = "object")),
        @Content(mediaType = MediaType.TEXT_EVENT_STREAM, schema = @Schema(type = "string"))
      })
  HttpResponse<?> create(HttpRequest<?> http, @Body CompletableFuture<byte[]> body)
      throws InterruptedException {
    Principal caller = Principal.of(http);
    byte[] sent = RequestBody.await(body, RequestBody.SECONDS);
    ResponsesRequest request = ResponsesReader.read(sent, id -> kept.upTo(caller, id));
    boolean events = ToolProgress.wanted(http, request.chat().stream());
    Turn turn =
        maker.make(
            http,
            request.chat(),
            request.conversation().or(() -> TurnMaker.session(http)),
            Claim.of(http, sent));
    ResponseObject response =
        ResponseObject.of(clock.instant(), turn.model().model(), request, turn.session());
    return request.chat().stream()
        ? server.stream(http, turn, stream -> new StreamedResponse(response, events, stream))
        : server.whole(http, turn, new WholeAnswer(response));
  }
}

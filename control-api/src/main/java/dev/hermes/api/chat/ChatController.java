package dev.hermes.api.chat;

import dev.hermes.api.body.RequestBody;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.Failures;
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
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** {@code POST /v1/chat/completions}, as OpenAI's clients call it. */
@Controller("/v1/chat")
final class ChatController {
  private final TurnMaker maker;
  private final TurnRunner runner;
  private final TurnWatch watch;
  private final Heartbeats heartbeats;
  private final Clock clock;

  ChatController(
      TurnMaker maker, TurnRunner runner, TurnWatch watch, Heartbeats heartbeats, Clock clock) {
    this.maker = maker;
    this.runner = runner;
    this.watch = watch;
    this.heartbeats = heartbeats;
    this.clock = clock;
  }

  /** One turn of an agent, as one object or as a stream of events. */
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
              + " the model's answer to the same call of the tenant in the last five minutes.")
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
    ChatRequest request = ChatRequestReader.read(RequestBody.await(body, RequestBody.SECONDS));
    Turn turn = maker.make(http, request);
    MutableHttpResponse<?> response = request.stream() ? stream(http, turn) : whole(http, turn);
    turn.session().ifPresent(key -> response.header(SessionId.HEADER, key.id().value()));
    return response.header("Cache-Control", request.stream() ? "no-cache" : "no-store");
  }

  private MutableHttpResponse<?> whole(HttpRequest<?> http, Turn turn) {
    WholeAnswer answer = new WholeAnswer(completion(turn));
    Interruption interruption = new Interruption();
    try (TurnWatch.Watched watched =
        watch.over(http, interruption, () -> interruption.raise(Interruption.Cause.CLIENT_GONE))) {
      runner.run(turn, answer, interruption);
    } catch (ClientGoneException e) {
      throw new ApiException(Failure.clientGone());
    }
    return HttpResponse.ok(answer.object().toString().getBytes(StandardCharsets.UTF_8))
        .contentType(MediaType.APPLICATION_JSON_TYPE);
  }

  private MutableHttpResponse<?> stream(HttpRequest<?> http, Turn turn)
      throws InterruptedException {
    Interruption interruption = new Interruption();
    SseStream stream =
        new SseStream(
            ClientConnection.writer(http),
            () -> interruption.raise(Interruption.Cause.CLIENT_GONE));
    StreamedAnswer answer =
        new StreamedAnswer(completion(turn), turn.request().includeUsage(), stream);
    TurnWatch.Watched watched = watch.over(http, interruption, stream::cancel);
    heartbeats.add(stream);
    Thread.ofVirtual()
        .name("turn-" + turn.requestId())
        .start(() -> {
          try (watched) {
            runner.run(turn, answer, interruption);
          } catch (RuntimeException e) {
            fail(turn, stream, answer, e);
          } finally {
            heartbeats.remove(stream);
          }
        });
    awaitStart(stream);
    return HttpResponse.ok(stream)
        .contentType(MediaType.TEXT_EVENT_STREAM_TYPE)
        .header("X-Accel-Buffering", "no");
  }

  /** Before the first event the failure is an answer of its own, after it an event. */
  private static void fail(
      Turn turn, SseStream stream, StreamedAnswer answer, RuntimeException failure) {
    if (failure instanceof ClientGoneException) {
      stream.refuse(failure);
      stream.abort();
      return;
    }
    if (stream.refuse(failure)) {
      return;
    }
    try {
      answer.fail(Failures.of(failure, turn.requestId()));
    } catch (ClientGoneException e) {
      stream.abort();
    }
  }

  private static void awaitStart(SseStream stream) throws InterruptedException {
    try {
      stream.started().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private Completion completion(Turn turn) {
    return Completion.of(clock.instant(), turn.model().model());
  }
}

package dev.hermes.api.chat;

import dev.hermes.api.idempotency.AnsweredException;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.Failures;
import dev.hermes.api.session.SessionId;
import dev.hermes.api.trace.Carried;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import jakarta.inject.Singleton;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;

/** Runs a turn for an HTTP request and sends its answer, as one object or as events. */
@Singleton
final class TurnServer {
  private final TurnRunner runner;
  private final TurnWatch watch;
  private final Heartbeats heartbeats;

  TurnServer(TurnRunner runner, TurnWatch watch, Heartbeats heartbeats) {
    this.runner = runner;
    this.watch = watch;
    this.heartbeats = heartbeats;
  }

  /** Answers when the turn has ended; one with a key goes on when its client has left. */
  HttpResponse<?> whole(HttpRequest<?> http, Turn turn, WholeAnswer answer) {
    Interruption interruption = new Interruption();
    try (TurnWatch.Watched watched =
        watch.over(http, turn.requestId(), interruption, left(turn, interruption))) {
      runner.run(turn, answer, interruption);
    } catch (ClientGoneException e) {
      throw new ApiException(Failure.clientGone());
    } catch (AnsweredException e) {
      return named(turn, e.response());
    }
    return named(turn, HttpResponse.ok(answer.bytes()).contentType(MediaType.APPLICATION_JSON_TYPE))
        .header("Cache-Control", "no-store");
  }

  /** Answers with the first event; a failure before it is an answer of its own. */
  HttpResponse<?> stream(
      HttpRequest<?> http, Turn turn, Function<EventSink, Answer.Streamed> writer)
      throws InterruptedException {
    Interruption interruption = new Interruption();
    SseStream stream = new SseStream(ClientConnection.writer(http), left(turn, interruption));
    Answer.Streamed live = writer.apply(stream);
    Answer.Streamed answer =
        turn.claim().isEmpty()
            ? live
            : new LastingAnswer(live, interruption, stream::abort, writer);
    TurnWatch.Watched watched = watch.over(http, turn.requestId(), interruption, stream::cancel);
    heartbeats.add(stream);
    Thread.ofVirtual()
        .name("turn-" + turn.requestId())
        .start(
            Carried.over(() -> {
              try (watched) {
                runner.run(turn, answer, interruption);
              } catch (RuntimeException e) {
                fail(turn, stream, answer, e);
              } finally {
                heartbeats.remove(stream);
              }
            }));
    try {
      awaitStart(stream);
    } catch (ClientGoneException e) {
      throw new ApiException(Failure.clientGone());
    } catch (AnsweredException e) {
      return named(turn, e.response());
    }
    return named(
            turn,
            HttpResponse.ok(stream)
                .contentType(MediaType.TEXT_EVENT_STREAM_TYPE)
                .header("X-Accel-Buffering", "no"))
        .header("Cache-Control", "no-cache");
  }

  private static Runnable left(Turn turn, Interruption interruption) {
    return turn.claim().isEmpty()
        ? () -> interruption.raise(Interruption.Cause.CLIENT_GONE)
        : () -> {};
  }

  private static MutableHttpResponse<?> named(Turn turn, MutableHttpResponse<?> response) {
    turn.session().ifPresent(key -> response.header(SessionId.HEADER, key.id().value()));
    return response;
  }

  /** Before the first event the failure is an answer of its own, after it an event. */
  private static void fail(
      Turn turn, SseStream stream, Answer.Streamed answer, RuntimeException failure) {
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
}

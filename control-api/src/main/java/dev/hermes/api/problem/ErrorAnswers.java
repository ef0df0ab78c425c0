package dev.hermes.api.problem;

import io.micronaut.context.annotation.Primary;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.server.exceptions.response.Error;
import io.micronaut.http.server.exceptions.response.ErrorContext;
import io.micronaut.http.server.exceptions.response.ErrorResponseProcessor;
import io.micronaut.http.server.netty.NettyHttpRequest;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Words the errors the framework finds by itself: no such path or method, a body too large, a media
 * type it does not take, a header or query it cannot read.
 */
@Singleton
@Primary
final class ErrorAnswers implements ErrorResponseProcessor<byte[]> {

  @Override
  public MutableHttpResponse<byte[]> processResponse(
      ErrorContext context, MutableHttpResponse<?> base) {
    Optional<Throwable> unreadable = unreadable(context.getRequest());
    if (unreadable.isPresent()) {
      // Nothing after it can be told apart on this connection, so the server ends it; a client that
      // is not told puts it back into its pool and loses its next request.
      return ProblemJson.answer(
          context.getRequest(), unreadable(unreadable.get()).with("Connection", "close"));
    }
    MutableHttpResponse<byte[]> answer =
        ProblemJson.answer(context.getRequest(), failure(context, base));
    String allow = base.getHeaders().get("Allow");
    return allow == null ? answer : answer.header("Allow", allow);
  }

  /** Why the request's first lines are no HTTP, when they are not. */
  private static Optional<Throwable> unreadable(HttpRequest<?> request) {
    return request instanceof NettyHttpRequest<?> netty
        ? Optional.ofNullable(netty.getNativeRequest().decoderResult().cause())
        : Optional.empty();
  }

  private static Failure unreadable(Throwable cause) {
    return switch (cause) {
      case TooLongHttpLineException e ->
          Failure.plain(414, "The path with its query is longer than 4 KiB; shorten it.");
      case TooLongHttpHeaderException e ->
          Failure.plain(431, "The headers are larger than 8 KiB; send fewer or shorter ones.");
      default -> Failure.malformed("This is not a request in HTTP/1.1.");
    };
  }

  private static Failure failure(ErrorContext context, HttpResponse<?> base) {
    String path = context.getRequest().getMethodName() + " " + context.getRequest().getPath();
    int status = base.code();
    return switch (status) {
      case 404 ->
          Failure.notFound("There is no " + path + ". GET /v1/openapi lists what there is.");
      case 405 ->
          Failure.methodNotAllowed(path + " is not allowed; the header Allow lists what is.");
      case 406 -> Failure.plain(406, "The answer is application/json; accept that.");
      case 415 -> Failure.mediaType("Send application/json.");
      case 413 -> Failure.tooLarge("The body is larger than 1 MiB.");
      case 400 -> Failure.malformed(words(context));
      default -> status >= 500 ? Failure.internal() : Failure.plain(status, base.reason());
    };
  }

  private static String words(ErrorContext context) {
    String words =
        context.getErrors().stream().map(Error::getMessage).collect(Collectors.joining("; "));
    return words.isEmpty() ? "The request cannot be read." : words;
  }
}

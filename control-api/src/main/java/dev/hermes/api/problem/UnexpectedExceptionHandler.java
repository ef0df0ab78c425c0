package dev.hermes.api.problem;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import jakarta.inject.Singleton;

/** Answers everything that nobody foresaw; nothing of the exception reaches the client. */
@Singleton
final class UnexpectedExceptionHandler
    implements ExceptionHandler<Throwable, HttpResponse<byte[]>> {
  @Override
  @SuppressWarnings("rawtypes") // the interface's own signature
  public HttpResponse<byte[]> handle(HttpRequest request, Throwable exception) {
    return ProblemJson.answer(request, Failures.of(exception, RequestId.of(request)));
  }
}

package dev.hermes.api.problem;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import jakarta.inject.Singleton;

/** Answers what the code decided to refuse. */
@Singleton
final class ApiExceptionHandler implements ExceptionHandler<ApiException, HttpResponse<byte[]>> {
  @Override
  @SuppressWarnings("rawtypes") // the interface's own signature
  public HttpResponse<byte[]> handle(HttpRequest request, ApiException exception) {
    return ProblemJson.answer(request, exception.failure());
  }
}

package dev.hermes.api.problem;

import io.micronaut.http.MutableHttpResponse;
import java.util.Map;

/** Headers of every answer: the request id, and what keeps browsers from guessing. */
final class AnswerHeaders {
  private static final Map<String, String> SECURITY =
      Map.of(
          "Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload",
          "Content-Security-Policy", "default-src 'self'",
          "X-Content-Type-Options", "nosniff",
          "X-Frame-Options", "DENY",
          "X-XSS-Protection", "1; mode=block",
          "Referrer-Policy", "no-referrer");

  private AnswerHeaders() {}

  static void add(MutableHttpResponse<?> response, String requestId) {
    if (response.getHeaders().contains(RequestId.HEADER)) {
      return;
    }
    response.header(RequestId.HEADER, requestId);
    SECURITY.forEach(response::header);
  }
}

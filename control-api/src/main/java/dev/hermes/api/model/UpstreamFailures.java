package dev.hermes.api.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.problem.Failure;
import java.net.http.HttpResponse;

/**
 * What an upstream's failure means to our client. A refusal of the request itself is told in the
 * upstream's words; everything about our account, key or quota there is not the client's business.
 */
final class UpstreamFailures {
  private static final int MOST_WORDS = 500;

  private UpstreamFailures() {}

  static Failure of(String provider, HttpResponse<?> response, JsonNode body) {
    int status = response.statusCode();
    JsonNode error = body.path("error");
    return switch (status) {
      case 400, 413, 422 ->
          new Failure(
              400,
              "invalid_request_error",
              error.path("code").asText("upstream_refused"),
              error.path("param").isTextual() ? error.path("param").asText() : null,
              "The model's provider refuses this request: " + words(error),
              java.util.Map.of());
      case 429 ->
          Failure.tooMany(
                  "upstream_rate_limited", "The model's provider is at its limit. Try again.")
              .retryAfter(retryAfter(response));
      case 408, 504 -> silent(provider);
      case 401, 403, 404 ->
          Failure.badGateway(
              "upstream_misconfigured",
              "Provider '"
                  + provider
                  + "' does not accept this installation's request (status "
                  + status
                  + "); tell the platform team.");
      default ->
          Failure.badGateway(
              "upstream_error", "Provider '" + provider + "' failed (status " + status + ").");
    };
  }

  static Failure inStream(String provider, JsonNode error) {
    return Failure.badGateway(
        "upstream_error", "Provider '" + provider + "' broke off its answer: " + words(error));
  }

  static Failure silent(String provider) {
    return Failure.gatewayTimeout("Provider '" + provider + "' did not answer in time.");
  }

  static Failure broken(String provider, boolean begun) {
    return begun
        ? Failure.badGateway("upstream_error", "Provider '" + provider + "' broke off its answer.")
        : Failure.badGateway(
            "upstream_unreachable", "Provider '" + provider + "' cannot be reached.");
  }

  static Failure nonsense(String provider) {
    return Failure.badGateway(
        "upstream_error", "Provider '" + provider + "' did not answer with a stream.");
  }

  private static String words(JsonNode error) {
    String words = error.path("message").asText("no reason given");
    return words.length() <= MOST_WORDS ? words : words.substring(0, MOST_WORDS) + "…";
  }

  private static long retryAfter(HttpResponse<?> response) {
    try {
      return Long.parseLong(response.headers().firstValue("Retry-After").orElse("5"));
    } catch (NumberFormatException e) {
      return 5;
    }
  }
}

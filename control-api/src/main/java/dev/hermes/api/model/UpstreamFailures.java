package dev.hermes.api.model;

import dev.hermes.api.model.ModelFailed.Kind;
import dev.hermes.api.model.dialect.Refusal;
import dev.hermes.api.problem.Failure;
import java.time.Duration;
import java.util.Optional;

/**
 * What an upstream's failure means to our client. A refusal of the request itself is told in the
 * upstream's words; everything about our account, key or quota there is not the client's business.
 */
final class UpstreamFailures {
  private static final Duration UNSAID = Duration.ofSeconds(5);

  private UpstreamFailures() {}

  static Kind kind(int status) {
    return switch (status) {
      case 400, 413, 422 -> Kind.REFUSED;
      case 429 -> Kind.LIMITED;
      case 401, 402, 403 -> Kind.MISCONFIGURED;
      case 404 -> Kind.ABSENT;
      case 408, 504 -> Kind.SILENT;
      default -> Kind.FAILED;
    };
  }

  static Failure of(String provider, Refusal refusal, Optional<Duration> retryAfter) {
    int status = refusal.status();
    return switch (status) {
      case 400, 413, 422 ->
          new Failure(
              400,
              "invalid_request_error",
              refusal.code(),
              refusal.param().orElse(null),
              "The model's provider refuses this request: " + refusal.words(),
              java.util.Map.of());
      case 429 ->
          Failure.tooMany(
                  "upstream_rate_limited", "The model's provider is at its limit. Try again.")
              .retryAfter(retryAfter.orElse(UNSAID).toSeconds());
      case 408, 504 -> silent(provider);
      case 401, 402, 403, 404 ->
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

  static Failure inStream(String provider, Refusal refusal) {
    return Failure.badGateway(
        "upstream_error", "Provider '" + provider + "' broke off its answer: " + refusal.words());
  }

  static Failure silent(String provider) {
    return Failure.gatewayTimeout("Provider '" + provider + "' did not answer in time.");
  }

  static Failure keyless(String provider) {
    return Failure.badGateway(
        "upstream_misconfigured",
        "The key of provider '" + provider + "' cannot be read; tell the platform team.");
  }

  static Failure unreachable(String provider) {
    return Failure.badGateway(
        "upstream_unreachable", "Provider '" + provider + "' cannot be reached.");
  }

  static Failure broken(String provider) {
    return Failure.badGateway(
        "upstream_error", "Provider '" + provider + "' broke off its answer.");
  }

  static Failure nonsense(String provider) {
    return Failure.badGateway(
        "upstream_error", "Provider '" + provider + "' sent what is no answer.");
  }

  /** When to come back, where the upstream says it in seconds; it may also name a date. */
  static Optional<Duration> retryAfter(UpstreamReply reply) {
    try {
      return reply
          .header("Retry-After")
          .map(String::strip)
          .map(Long::parseLong)
          .filter(seconds -> seconds >= 0)
          .map(Duration::ofSeconds);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}

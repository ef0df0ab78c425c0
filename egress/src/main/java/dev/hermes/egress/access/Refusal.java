package dev.hermes.egress.access;

import dev.hermes.crds.egress.EgressReason;

/**
 * Why the proxy says no.
 *
 * @param status of HTTP: 400, 403, 407, 429 or 431
 * @param message for the person behind the tool, who sees it in the tool's output; no secret
 */
public record Refusal(EgressReason reason, int status, String message) {
  public static Refusal forbidden(EgressReason reason, String message) {
    return new Refusal(reason, 403, message);
  }

  public static Refusal unauthorized(EgressReason reason, String message) {
    return new Refusal(reason, 407, message);
  }

  public static Refusal badRequest(String message) {
    return new Refusal(EgressReason.RequestInvalid, 400, message);
  }
}

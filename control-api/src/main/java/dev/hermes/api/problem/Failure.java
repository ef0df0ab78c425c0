package dev.hermes.api.problem;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong, as a value: status, OpenAI's type, code and param, a message that says what to
 * do next, and headers such as Retry-After. Every capability makes them; {@link ProblemJson} writes
 * them.
 */
public record Failure(
    int status,
    String type,
    @Nullable String code,
    @Nullable String param,
    String message,
    Map<String, String> headers) {

  static final String INVALID = "invalid_request_error";
  static final String SERVER = "server_error";
  private static final int MOST_RETRY_AFTER = 60;

  public Failure {
    headers = Map.copyOf(headers);
  }

  private static Failure of(int status, String type, @Nullable String code, String message) {
    return new Failure(status, type, code, null, message, Map.of());
  }

  /** 400; {@code param} is the JSON path or the header's name. */
  public static Failure invalid(String param, String message) {
    return new Failure(400, INVALID, "invalid_value", param, message, Map.of());
  }

  public static Failure missing(String param) {
    return new Failure(
        400,
        INVALID,
        "missing_required_parameter",
        param,
        "Missing required parameter: '" + param + "'.",
        Map.of());
  }

  public static Failure unsupported(String param, String message) {
    return new Failure(400, INVALID, "unsupported_parameter", param, message, Map.of());
  }

  /** 400 for a body that cannot be read at all. */
  public static Failure malformed(String message) {
    return of(400, INVALID, null, message);
  }

  /** 401: the same for a key that is missing, malformed, unknown, revoked or expired. */
  public static Failure unauthenticated() {
    return of(
            401,
            INVALID,
            "invalid_api_key",
            "No valid API key. Send one as 'Authorization: Bearer hx_live_…'; a revoked or expired"
                + " key must be replaced.")
        .with("WWW-Authenticate", "Bearer");
  }

  public static Failure forbidden(@Nullable String code, String message) {
    return of(403, "insufficient_permissions", code, message);
  }

  public static Failure notFound(String message) {
    return of(404, INVALID, "not_found", message);
  }

  public static Failure modelNotFound(String model) {
    return new Failure(
        404,
        INVALID,
        "model_not_found",
        "model",
        "The model '"
            + model
            + "' does not exist or this tenant may not use it. GET /v1/models lists those it may.",
        Map.of());
  }

  public static Failure methodNotAllowed(String message) {
    return of(405, INVALID, "method_not_allowed", message);
  }

  public static Failure timeout(String message) {
    return of(408, INVALID, "timeout", message);
  }

  /** 499, for logs and counters: nobody reads it. */
  public static Failure clientGone() {
    return of(499, SERVER, "client_gone", "The client closed the connection.");
  }

  public static Failure conflict(String code, String message) {
    return of(409, "conflict", code, message);
  }

  public static Failure tooLarge(String message) {
    return of(413, INVALID, "request_too_large", message);
  }

  public static Failure mediaType(String message) {
    return of(415, INVALID, "unsupported_media_type", message);
  }

  public static Failure tooMany(String code, String message) {
    return of(429, "requests", code, message);
  }

  public static Failure internal() {
    return of(
        500,
        SERVER,
        null,
        "The server failed on this request. Try again; if it stays, report the request id.");
  }

  /** 501: a part of a protocol that is not offered here; the message says what is. */
  public static Failure notImplemented(String message) {
    return of(501, "not_implemented", "not_implemented", message);
  }

  public static Failure badGateway(String code, String message) {
    return of(502, SERVER, code, message);
  }

  public static Failure unavailable(String code, String message) {
    return of(503, "service_unavailable", code, message);
  }

  public static Failure gatewayTimeout(String message) {
    return of(504, SERVER, "timeout", message);
  }

  /** Any other 4xx or 5xx. */
  static Failure plain(int status, String message) {
    return of(status, status < 500 ? INVALID : SERVER, null, message);
  }

  public Failure with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Failure(status, type, code, param, message, more);
  }

  /** Clients obey it to the letter, some without bound: 1 to 60 seconds. */
  public Failure retryAfter(long seconds) {
    return with("Retry-After", Long.toString(Math.clamp(seconds, 1L, (long) MOST_RETRY_AFTER)));
  }
}

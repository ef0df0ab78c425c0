package dev.hermes.api.problem;

import dev.hermes.database.id.UuidV7;
import io.micronaut.http.HttpRequest;

/**
 * The id of a request: ours, never the caller's; in every answer, receipt, usage row and audit row.
 */
public final class RequestId {
  public static final String HEADER = "x-request-id";
  private static final String ATTRIBUTE = "hermes.request-id";

  private RequestId() {}

  /** A new id, for a request that comes another way. */
  public static String next() {
    return "req_" + UuidV7.next().toString().replace("-", "");
  }

  /** The request's id, made at the first question. */
  public static String of(HttpRequest<?> request) {
    return request
        .getAttribute(ATTRIBUTE, String.class)
        .orElseGet(() -> {
          String id = next();
          request.setAttribute(ATTRIBUTE, id);
          return id;
        });
  }
}

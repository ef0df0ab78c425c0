package dev.hermes.api.idempotency;

import java.util.Map;
import java.util.Optional;

/**
 * An answer as it is given again.
 *
 * @param body empty: it was larger than {@link #MOST_BYTES}, or was forgotten with its session or
 *     response
 */
public record KeptAnswer(int status, Map<String, String> headers, Optional<byte[]> body) {
  static final int MOST_BYTES = 1024 * 1024;

  public KeptAnswer {
    headers = Map.copyOf(headers);
    body = body.filter(bytes -> bytes.length <= MOST_BYTES);
  }
}

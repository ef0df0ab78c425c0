package dev.hermes.api.idempotency;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import io.micronaut.http.HttpRequest;
import java.util.List;
import java.util.Optional;

/**
 * The header {@code Idempotency-Key}, bare as Stripe's and OpenAI's clients send it or quoted as
 * draft-ietf-httpapi-idempotency-key-header has it; both spell the same key.
 */
public final class KeyHeader {
  public static final String NAME = "Idempotency-Key";
  private static final int MOST = 255;

  private KeyHeader() {}

  /** The key; 400 when there are several, or it is no visible ASCII of 1 to 255 characters. */
  static Optional<String> of(HttpRequest<?> http) {
    List<String> sent = http.getHeaders().getAll(NAME);
    if (sent.isEmpty()) {
      return Optional.empty();
    }
    String key = plain(sent.getFirst());
    if (sent.size() > 1 || key.isEmpty() || key.length() > MOST || !isVisible(key)) {
      throw new ApiException(
          Failure.invalid(
              NAME,
              "Idempotency-Key is one key of 1 to 255 visible ASCII characters; a UUID is a good"
                  + " one."));
    }
    return Optional.of(key);
  }

  private static String plain(String sent) {
    boolean quoted = sent.length() > 1 && sent.startsWith("\"") && sent.endsWith("\"");
    return quoted ? sent.substring(1, sent.length() - 1) : sent;
  }

  private static boolean isVisible(String key) {
    return key.chars().allMatch(c -> c > 0x20 && c < 0x7f);
  }
}

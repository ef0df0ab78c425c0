package dev.hermes.api.idempotency;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.hermes.api.body.Sha256;
import io.micronaut.http.HttpRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.TreeMap;

/**
 * SHA-256 of what a request asks for: method, path, the headers that change what is done, and the
 * body. JSON is the same however its members are ordered and spaced, for an app that comes back
 * after a crash may write it anew.
 */
final class Fingerprint {
  private static final JsonMapper CANONICAL =
      JsonMapper.builder()
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Fingerprint() {}

  /** In hex. */
  static String of(HttpRequest<?> http, byte[] body) {
    MessageDigest digest = Sha256.digest();
    digest.update(text(http.getMethodName() + " " + http.getUri() + "\n"));
    headers(http).forEach((name, value) -> digest.update(text(name + ": " + value + "\n")));
    digest.update(canonical(body));
    return Sha256.of(digest).hex();
  }

  /** In hex. */
  static String of(String text) {
    return Sha256.of(text).hex();
  }

  /** Ours, and the session that MCP's clients name. */
  private static TreeMap<String, String> headers(HttpRequest<?> http) {
    TreeMap<String, String> ours = new TreeMap<>();
    http.getHeaders()
        .forEach((name, values) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (lower.startsWith("x-hermes-") || lower.equals("mcp-session-id")) {
            ours.put(lower, String.join(",", values));
          }
        });
    return ours;
  }

  private static byte[] canonical(byte[] body) {
    try {
      return CANONICAL.writeValueAsBytes(CANONICAL.readValue(body, Object.class));
    } catch (IOException e) {
      // no JSON: it is what it is
      return body;
    }
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

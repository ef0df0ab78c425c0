package dev.hermes.api.receipt;

import dev.hermes.api.body.Sha256;
import java.nio.charset.StandardCharsets;

/**
 * What evidence keeps of a text or a stream: enough to recognise it, nothing to read it by.
 *
 * @param bytes its length, of a text in UTF-8
 */
public record Content(Sha256 hash, long bytes) {

  public static Content of(String text) {
    return new Content(Sha256.of(text), text.getBytes(StandardCharsets.UTF_8).length);
  }
}

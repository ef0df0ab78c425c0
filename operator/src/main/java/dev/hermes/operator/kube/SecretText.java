package dev.hermes.operator.kube;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Text as the data of a Secret hold it. */
public final class SecretText {
  private SecretText() {}

  public static String encode(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Empty for what is no base64. */
  public static String decode(String base64) {
    try {
      return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}

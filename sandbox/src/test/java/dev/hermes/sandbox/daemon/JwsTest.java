package dev.hermes.sandbox.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class JwsTest {
  private static final String PAYLOAD = "{\"aud\":\"sandbox\",\"sub\":\"ü\"}";

  private final Jws jws = jws();

  @Test
  void whatItSignedItReads() {
    assertThat(jws.verify(jws.sign(PAYLOAD))).contains(PAYLOAD);
  }

  @Test
  @DisplayName("SEC-5 another key, algorithm, payload or form is none of ours")
  void nothingElse() {
    String token = jws.sign(PAYLOAD);
    String[] parts = token.split("\\.", -1);
    for (String other :
        List.of(
            jws().sign(PAYLOAD),
            parts[0] + "." + encode("{\"aud\":\"other\"}") + "." + parts[2],
            encode("{\"alg\":\"none\"}") + "." + parts[1] + ".",
            encode("{\"alg\":\"HS256\"}") + "." + parts[1] + "." + parts[2],
            parts[0] + "." + parts[1],
            parts[0] + "." + parts[1] + ".",
            parts[0] + "." + parts[1] + ".?",
            token + "." + parts[2],
            token.substring(1),
            "",
            ".",
            "a".repeat(10_000))) {
      assertThat(jws.verify(other)).as(other).isEmpty();
    }
  }

  private static Jws jws() {
    try {
      return new Jws(KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPrivate());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String encode(String json) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }
}

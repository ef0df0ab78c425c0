package dev.hermes.operator.apikey;

import static org.assertj.core.api.Assertions.assertThat;

import com.exceptionfactory.jagged.framework.armor.ArmoredDecryptingChannelFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaReaderFactory;
import java.io.ByteArrayInputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

public class AgeRecipientTest {
  // made by age-keygen of the reference implementation, for tests alone
  public static final String IDENTITY =
      "AGE-SECRET-KEY-1SNXLK8R7TUJ9KQW83NG20EAEM55YZNLAFCSH2S69JRYNQAKP9KYQF45GLE";
  public static final String RECIPIENT =
      "age1zqlppmvmg6ulclzuscmskesykhmcp3aexzcjzwf7xwzxs5vt6qcszr6ye4";

  /** The text of an armored age file to {@link #RECIPIENT}. */
  public static String decrypt(String file) throws Exception {
    try (var plain =
        new ArmoredDecryptingChannelFactory()
            .newDecryptingChannel(
                Channels.newChannel(
                    new ByteArrayInputStream(file.getBytes(StandardCharsets.US_ASCII))),
                List.of(X25519RecipientStanzaReaderFactory.newRecipientStanzaReader(IDENTITY)))) {
      return new String(Channels.newInputStream(plain).readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  @Test
  @DisplayName("K8S-4 an armored age file that the identity opens, another one each time")
  void encrypts() throws Exception {
    AgeRecipient recipient = AgeRecipient.parse(RECIPIENT).orElseThrow();
    String file = recipient.encrypt("hx_live_canary");

    assertThat(file)
        .startsWith("-----BEGIN AGE ENCRYPTED FILE-----\n")
        .endsWith("-----END AGE ENCRYPTED FILE-----\n")
        .doesNotContain("canary");
    assertThat(decrypt(file)).isEqualTo("hx_live_canary");
    assertThat(recipient.encrypt("hx_live_canary")).isNotEqualTo(file);
  }

  @Test
  @DisplayName("a mistyped recipient is found by its checksum")
  void mistyped() {
    assertThat(
            AgeRecipient.parse(RECIPIENT.substring(0, 61) + (RECIPIENT.endsWith("q") ? "p" : "q")))
        .isEmpty();
    assertThat(AgeRecipient.parse("age1")).isEmpty();
    assertThat(AgeRecipient.parse(IDENTITY)).isEmpty();
  }
}

package dev.hermes.egress.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.egress.testing.Tokens;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Base64;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublicKeyFileTest {
  private static String pem(PublicKey key) {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getMimeEncoder().encodeToString(key.getEncoded())
        + "\n-----END PUBLIC KEY-----\n";
  }

  @Test
  @DisplayName("keys are followed; a file that holds none leaves them as they are")
  void follows(@TempDir Path dir) throws Exception {
    PublicKey one = new Tokens().pair().getPublic();
    PublicKey two = new Tokens().pair().getPublic();
    Path path = Files.writeString(dir.resolve("public.pem"), pem(one));
    PublicKeyFile file = new PublicKeyFile(path);
    assertThat(file.get()).containsExactly(one);
    Files.writeString(path, pem(one) + pem(two));
    file.look();
    assertThat(file.get()).containsExactly(one, two);
    Files.writeString(path, "");
    file.look();
    assertThat(file.get()).containsExactly(one, two);
  }

  @Test
  @DisplayName("no key, no proxy")
  void none(@TempDir Path dir) throws Exception {
    Path path = Files.writeString(dir.resolve("public.pem"), "x");
    assertThatThrownBy(() -> new PublicKeyFile(path)).hasMessageContaining("no PUBLIC KEY block");
    assertThatThrownBy(() -> new PublicKeyFile(dir.resolve("none")))
        .hasMessageContaining("cannot read the signing keys");
  }
}

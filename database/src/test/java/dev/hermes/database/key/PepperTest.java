package dev.hermes.database.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PepperTest {
  private static final byte[] FIRST = "0123456789abcdef0123456789abcdef".getBytes();
  private static final byte[] SECOND = "fedcba9876543210fedcba9876543210".getBytes();
  @TempDir private Path folder;
  private final RawKey key = ApiKeyFormat.mint(new SecureRandom());

  private void write(String version, byte[] pepper) throws IOException {
    Files.writeString(folder.resolve(version), Base64.getEncoder().encodeToString(pepper) + "\n");
  }

  @Test
  @DisplayName("the newest version makes digests; an older one still matches")
  void versions() throws Exception {
    write("9", FIRST);
    Digest old = Pepper.load(folder).digest(key.innerHash());
    write("10", SECOND);
    Files.createDirectory(folder.resolve("..2026_01_01"));
    Pepper pepper = Pepper.load(folder);
    Digest digest = pepper.digest(key.innerHash());

    assertThat(old.version()).isEqualTo(9);
    assertThat(digest.version()).isEqualTo(10);
    assertThat(digest).isNotEqualTo(old);
    assertThat(pepper.matches(9, old.value(), key.innerHash())).isTrue();
    assertThat(pepper.matches(10, digest.value(), key.innerHash())).isTrue();
    assertThat(pepper.matches(10, old.value(), key.innerHash())).isFalse();
    assertThat(pepper.matches(11, digest.value(), key.innerHash())).isFalse();
    assertThat(
            pepper.matches(10, digest.value(), ApiKeyFormat.mint(new SecureRandom()).innerHash()))
        .isFalse();
    assertThat(pepper.matches(10, new byte[0], key.innerHash())).isFalse();
  }

  @Test
  @DisplayName("the digest is HMAC-SHA-256 of the inner hash")
  void algorithm() throws Exception {
    write("1", FIRST);
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(FIRST, "HmacSHA256"));
    assertThat(Pepper.load(folder).digest(key.innerHash()).value())
        .isEqualTo(mac.doFinal(key.innerHash()));
  }

  @Test
  @DisplayName("no pepper, a short one or one that is not base64 is refused without showing it")
  void refused() throws Exception {
    assertThatThrownBy(() -> Pepper.load(folder)).hasMessageContaining("no pepper");
    write("1", new byte[16]);
    assertThatThrownBy(() -> Pepper.load(folder)).hasMessageContaining("shorter");
    Files.writeString(folder.resolve("1"), "not*base64");
    assertThatThrownBy(() -> Pepper.load(folder))
        .hasMessageContaining("not base64")
        .hasMessageNotContaining("not*base64")
        .hasNoCause();
    assertThatThrownBy(() -> Pepper.load(folder.resolve("missing")))
        .hasMessageContaining("cannot read");
  }

  @Test
  @DisplayName("neither pepper nor digest prints")
  void redacted() throws Exception {
    write("1", FIRST);
    Pepper pepper = Pepper.load(folder);
    assertThat(pepper).hasToString("Pepper[versions=[1]]");
    assertThat(pepper.digest(key.innerHash())).hasToString("Digest[version=1]");
  }
}

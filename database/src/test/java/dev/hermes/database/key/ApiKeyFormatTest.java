package dev.hermes.database.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.CRC32;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeyFormatTest {
  private final SecureRandom random = new SecureRandom();

  @Test
  @DisplayName("10,000 keys: each is read back, none twice, none with another form")
  void roundTrip() {
    Set<String> ids = new HashSet<>();
    Set<String> texts = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      RawKey key = ApiKeyFormat.mint(random);
      assertThat(key.text()).matches("hx_live_[0-9A-Za-z]{61}").hasSize(ApiKeyFormat.LENGTH);
      assertThat(key.keyId()).hasSize(12).isEqualTo(key.text().substring(8, 20));
      assertThat(key.prefix()).isEqualTo("hx_live_" + key.keyId());
      assertThat(ApiKeyFormat.parse(key.text())).contains(key);
      ids.add(key.keyId());
      texts.add(key.text());
    }
    assertThat(texts).hasSize(10_000);
    assertThat(ids).hasSize(10_000);
  }

  @Test
  @DisplayName("any one character changed, at any place, is refused")
  void oneCharacter() {
    for (int i = 0; i < 200; i++) {
      String text = ApiKeyFormat.mint(random).text();
      for (int place = 0; place < text.length(); place++) {
        char other = Base62.DIGITS.charAt(random.nextInt(62));
        if (other == text.charAt(place)) {
          continue;
        }
        String changed = text.substring(0, place) + other + text.substring(place + 1);
        assertThat(ApiKeyFormat.parse(changed)).isEmpty();
      }
      String swapped =
          text.substring(0, 30) + text.charAt(31) + text.charAt(30) + text.substring(32);
      if (!swapped.equals(text)) {
        assertThat(ApiKeyFormat.parse(swapped)).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "hx_live_",
        "sk-proj-abc",
        "hx_test_0000000000000000000000000000000000000000000000000000000000000",
        "hx_live_000000000000000000000000000000000000000000000000000000000000é",
        "hx_live_0000000000000000000000000000000000000000000000000000000 000000",
        "HX_LIVE_0000000000000000000000000000000000000000000000000000000000000"
      })
  @DisplayName("what is not a key is refused")
  void notAKey(String text) {
    assertThat(ApiKeyFormat.parse(text)).isEmpty();
  }

  @Test
  @DisplayName("surrounding space, a cut or a longer text is refused")
  void edges() {
    String text = ApiKeyFormat.mint(random).text();
    assertThat(ApiKeyFormat.parse(" " + text)).isEmpty();
    assertThat(ApiKeyFormat.parse(text + "\n")).isEmpty();
    assertThat(ApiKeyFormat.parse(text.substring(1))).isEmpty();
    assertThat(ApiKeyFormat.parse(text.substring(0, 68))).isEmpty();
    assertThat(ApiKeyFormat.parse(text + "0")).isEmpty();
    assertThat(ApiKeyFormat.parse("x".repeat(1 << 20))).isEmpty();
  }

  @Test
  @DisplayName("a well-formed key that nobody issued parses: only the database knows it is unknown")
  void wellFormedUnknown() {
    String body = "hx_live_" + "0".repeat(55);
    CRC32 crc = new CRC32();
    crc.update(body.getBytes(StandardCharsets.US_ASCII));
    String text = body + Base62.encode(crc.getValue(), 6);
    assertThat(ApiKeyFormat.parse(text)).get().extracting(RawKey::keyId).isEqualTo("0".repeat(12));
  }

  @Test
  @DisplayName("a failing or stuck random source yields an exception and no key")
  void badRandom() {
    assertThatThrownBy(() -> ApiKeyFormat.mint(new FailingRandom()))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> ApiKeyFormat.mint(new StuckRandom()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no key");
  }

  @Test
  @DisplayName("a key does not print, and its inner hash is SHA-256 of its text")
  void redacted() throws Exception {
    RawKey key = ApiKeyFormat.mint(random);
    assertThat(key.toString()).contains(key.keyId()).doesNotContain(key.text().substring(20));
    assertThat(key.innerHash())
        .isEqualTo(
            MessageDigest.getInstance("SHA-256")
                .digest(key.text().getBytes(StandardCharsets.US_ASCII)));
    key.innerHash()[0]++;
    assertThat(ApiKeyFormat.parse(key.text()).orElseThrow().innerHash()).isEqualTo(key.innerHash());
  }

  private static final class FailingRandom extends SecureRandom {
    private static final long serialVersionUID = 1L;

    @Override
    public void nextBytes(byte[] bytes) {
      throw new IllegalStateException("the entropy device is gone");
    }
  }

  private static final class StuckRandom extends SecureRandom {
    private static final long serialVersionUID = 1L;

    @Override
    public void nextBytes(byte[] bytes) {
      java.util.Arrays.fill(bytes, (byte) 0);
    }
  }
}

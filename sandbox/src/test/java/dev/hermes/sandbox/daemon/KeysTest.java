package dev.hermes.sandbox.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeysTest {
  private static KeyPair pair() throws Exception {
    return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
  }

  static String pem(String label, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(
            label,
            Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der),
            label);
  }

  @Test
  @DisplayName("the known key of RFC 8410 is read as its 32 bytes")
  void known() {
    assertThat(
            PublicKeys.parse(
                """
                -----BEGIN PUBLIC KEY-----
                MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
                -----END PUBLIC KEY-----
                """))
        .isEqualTo("Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=");
  }

  @Test
  @DisplayName("several public keys in one file, with other blocks between, become a list")
  void several(@TempDir Path dir) throws Exception {
    KeyPair one = pair();
    KeyPair two = pair();
    Path file =
        Files.writeString(
            dir.resolve("public.pem"),
            "# old\n"
                + pem("PUBLIC KEY", one.getPublic().getEncoded())
                + pem("CERTIFICATE", new byte[] {1})
                + pem("PUBLIC KEY", two.getPublic().getEncoded()));
    assertThat(PublicKeys.read(file))
        .isEqualTo(PublicKeys.of(one.getPublic()) + "," + PublicKeys.of(two.getPublic()));
  }

  @Test
  @DisplayName("the public key that belongs to a private one is derived")
  void derived(@TempDir Path dir) throws Exception {
    KeyPair pair = pair();
    Path file =
        Files.writeString(
            dir.resolve("private.pem"), pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
    assertThat(PublicKeys.of(TokenSigner.privateKey(file)))
        .isEqualTo(PublicKeys.of(pair.getPublic()));
  }

  @Test
  @DisplayName("what is not such a key is refused with a reason")
  void refused(@TempDir Path dir) throws Exception {
    assertThatThrownBy(() -> PublicKeys.parse("")).hasMessageContaining("no PUBLIC KEY block");
    KeyPair rsa = KeyPairGenerator.getInstance("RSA").generateKeyPair();
    assertThatThrownBy(() -> PublicKeys.parse(pem("PUBLIC KEY", rsa.getPublic().getEncoded())))
        .hasMessageContaining("not an Ed25519 key");
    assertThatThrownBy(() -> PublicKeys.of(rsa.getPrivate()))
        .hasMessageContaining("not an Ed25519 key");
    Path file =
        Files.writeString(
            dir.resolve("private.pem"), pem("PRIVATE KEY", rsa.getPrivate().getEncoded()));
    assertThatThrownBy(() -> TokenSigner.read(file)).hasMessageContaining("not an Ed25519 key");
    Files.writeString(file, "");
    assertThatThrownBy(() -> TokenSigner.read(file)).hasMessageContaining("want one");
  }

  @Test
  @DisplayName("a token names its pod, lives a minute, and its signature holds")
  void token() throws Exception {
    KeyPair pair = pair();
    Clock clock = Clock.fixed(Instant.ofEpochSecond(1_800_000_000), ZoneOffset.UTC);
    String[] parts = new TokenSigner(pair.getPrivate(), clock).sign("uid-1").split("\\.");
    Base64.Decoder base64 = Base64.getUrlDecoder();
    assertThat(base64.decode(parts[0])).asString().isEqualTo("{\"alg\":\"EdDSA\"}");
    assertThat(base64.decode(parts[1]))
        .asString()
        .isEqualTo("{\"aud\":\"uid-1\",\"iat\":1800000000,\"exp\":1800000060}");
    Signature signature = Signature.getInstance("Ed25519");
    signature.initVerify(pair.getPublic());
    signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
    assertThat(signature.verify(base64.decode(parts[2]))).isTrue();
  }

  @Test
  @DisplayName("SBX-8 a token for the egress proxy names pod and audience, and lives as asked")
  void egress() throws Exception {
    Clock clock = Clock.fixed(Instant.ofEpochSecond(1_800_000_000), ZoneOffset.UTC);
    TokenSigner signer = new TokenSigner(pair().getPrivate(), clock);
    String token = signer.signEgress("uid-1", Duration.ofMinutes(10));
    assertThat(Base64.getUrlDecoder().decode(token.split("\\.")[1]))
        .asString()
        .isEqualTo("{\"aud\":\"egress\",\"sub\":\"uid-1\",\"iat\":1800000000,\"exp\":1800000600}");
    assertThatThrownBy(() -> signer.signEgress("uid-1", Duration.ZERO))
        .hasMessageContaining("lifetime");
    assertThatThrownBy(() -> signer.signEgress("uid-1", Duration.ofDays(2)))
        .hasMessageContaining("lifetime");
  }

  @Test
  @DisplayName("the pod's UID is not in an endpoint's text, which ends in logs")
  void endpoint() {
    assertThat(Endpoint.of("10.0.0.1", "uid-1")).hasToString("10.0.0.1:49983");
  }
}

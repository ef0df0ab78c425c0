package dev.hermes.egress.tls;

import static dev.hermes.egress.testing.Hellos.concat;
import static dev.hermes.egress.testing.Hellos.extension;
import static dev.hermes.egress.testing.Hellos.fragmented;
import static dev.hermes.egress.testing.Hellos.made;
import static dev.hermes.egress.testing.Hellos.real;
import static dev.hermes.egress.testing.Hellos.record;
import static dev.hermes.egress.testing.Hellos.serverName;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientHelloTest {
  private static ClientHello read(byte[] bytes) {
    return ClientHello.read(ByteBuffer.wrap(bytes));
  }

  private static ClientHello.Read named(String name) {
    return new ClientHello.Read(Optional.of(name), false);
  }

  @Test
  @DisplayName("a real one is read, in any case of its name; every shorter beginning is incomplete")
  void whole() throws Exception {
    byte[] hello = real("Index.Example.com");
    assertThat(read(hello)).isEqualTo(named("index.example.com"));
    for (int length = 0; length < hello.length; length++) {
      assertThat(read(Arrays.copyOf(hello, length)))
          .as("%d of %d", length, hello.length)
          .isInstanceOf(ClientHello.Incomplete.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 7, 100})
  @DisplayName("spread over records")
  void records(int size) throws Exception {
    byte[] spread = fragmented(real("index.example.com"), size);
    assertThat(read(spread)).isEqualTo(named("index.example.com"));
    assertThat(read(Arrays.copyOf(spread, spread.length - 1)))
        .isInstanceOf(ClientHello.Incomplete.class);
  }

  @Test
  @DisplayName("what follows in a record of its own is not looked at: early data")
  void earlyData() throws Exception {
    assertThat(read(concat(real("index.example.com"), new byte[] {23, 3, 3, 0, 1, 0})))
        .isEqualTo(named("index.example.com"));
  }

  @Test
  @DisplayName("no name, and a hidden one")
  void extensions() {
    assertThat(read(made())).isEqualTo(new ClientHello.Read(Optional.empty(), false));
    assertThat(read(made(serverName("a.example"), extension(0xfe0d, new byte[] {0, 1, 2}))))
        .isEqualTo(new ClientHello.Read(Optional.of("a.example"), true));
    assertThat(read(made(serverName("a.example"), extension(16, new byte[2]))))
        .isEqualTo(named("a.example"));
  }

  @Test
  @DisplayName("two names, odd names, wrong lengths, more messages: malformed")
  void malformed() throws Exception {
    assertThat(read(made(serverName("a.example"), serverName("b.example"))))
        .isInstanceOf(ClientHello.Malformed.class);
    for (String name :
        new String[] {"", "a.example.", "a example", "a.example\0", "a/b", "é.example"}) {
      assertThat(read(made(serverName(name)))).isInstanceOf(ClientHello.Malformed.class);
    }
    assertThat(read(made(extension(0, new byte[] {0, 4, 0, 0, 9, 'a'}))))
        .isInstanceOf(ClientHello.Malformed.class);
    // a list of two names in one extension
    assertThat(read(made(extension(0, new byte[] {0, 8, 0, 0, 1, 'a', 0, 0, 1, 'b'}))))
        .isInstanceOf(ClientHello.Malformed.class);
    // a second message behind it, in the same record
    byte[] one = made(serverName("a.example"));
    byte[] payload = Arrays.copyOfRange(one, 5, one.length);
    assertThat(read(record(concat(payload, payload)))).isInstanceOf(ClientHello.Malformed.class);
    // another record type in between
    byte[] half = record(Arrays.copyOf(payload, 20));
    assertThat(read(concat(half, new byte[] {23, 3, 3, 0, 1, 0})))
        .isInstanceOf(ClientHello.Malformed.class);
    // another handshake message
    assertThat(read(record(new byte[] {2, 0, 0, 0}))).isInstanceOf(ClientHello.Malformed.class);
    assertThat(read(new byte[] {22, 3, 1, 0, 0})).isInstanceOf(ClientHello.Malformed.class);
    // longer than any client's
    assertThat(read(record(new byte[] {1, 0, 0x40, 0}))).isInstanceOf(ClientHello.Malformed.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"GET / HTTP/1.1\r\n", "SSH-2.0-OpenSSH_9.9\r\n", "EHLO x\r\n", "\0\0\0\u0001"})
  @DisplayName("other protocols are told at their first byte")
  void otherProtocols(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    assertThat(read(bytes)).isInstanceOf(ClientHello.NotTls.class);
    assertThat(read(Arrays.copyOf(bytes, 1))).isInstanceOf(ClientHello.NotTls.class);
  }

  @Test
  @DisplayName("no bytes make it throw, or read another name")
  void fuzz() throws Exception {
    Random random = new Random(7);
    byte[] hello = real("index.example.com");
    for (int round = 0; round < 20_000; round++) {
      byte[] changed = hello.clone();
      for (int i = 0; i <= random.nextInt(3); i++) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt();
      }
      assertThat(read(Arrays.copyOf(changed, 1 + random.nextInt(changed.length)))).isNotNull();
    }
  }
}

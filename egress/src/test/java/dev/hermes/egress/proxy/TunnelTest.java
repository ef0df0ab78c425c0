package dev.hermes.egress.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.egress.EgressReason;
import dev.hermes.egress.access.Sandbox;
import dev.hermes.egress.access.TenantState;
import dev.hermes.egress.destination.Narrowing;
import dev.hermes.egress.testing.Client;
import dev.hermes.egress.testing.Hellos;
import dev.hermes.egress.testing.Proxy;
import dev.hermes.egress.testing.Upstream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** CONNECT, on real sockets. */
class TunnelTest {
  private static final Duration IN_FORCE = Duration.ofSeconds(2);

  private final Proxy proxy = new Proxy();
  private Upstream upstream;
  private String authority;
  private byte[] hello = new byte[0];

  @BeforeEach
  void serve() throws Exception {
    upstream = Upstream.echo();
    authority = proxy.serve("a.example", upstream);
  }

  @AfterEach
  void close() throws Exception {
    proxy.close();
    upstream.close();
  }

  private Client open() throws Exception {
    Client client = proxy.client().send(proxy.connect(authority));
    assertThat(client.head()).startsWith("HTTP/1.1 200 ");
    return client;
  }

  private Client tunnel() throws Exception {
    Client client = open();
    hello = Hellos.real("a.example");
    client.send(hello);
    assertThat(client.read(hello.length)).isEqualTo(hello);
    return client;
  }

  private void assertRefused(String request, int status, EgressReason reason) throws Exception {
    try (Client client = proxy.client().send(request)) {
      String head = client.head();
      assertThat(head).startsWith("HTTP/1.1 " + status + " ");
      assertThat(head).contains("X-Hermes-Egress-Reason: " + reason + "\r\n");
      assertThat(client.rest()).contains("\"reason\":\"" + reason + "\"");
      assertThat(proxy.heard.denied).contains(reason);
      assertThat(upstream.connections()).isZero();
    }
  }

  @Test
  @DisplayName("SBX-8 an allowed name: bytes go both ways, each of them counted")
  void allowed() throws Exception {
    try (Client client = tunnel()) {
      byte[] more = new byte[300_000];
      Arrays.fill(more, (byte) 7);
      Thread.ofVirtual()
          .start(() -> {
            try {
              client.send(more);
            } catch (Exception e) {
              // seen below
            }
          });
      assertThat(client.read(more.length)).isEqualTo(more);
      long all = hello.length + more.length;
      await()
          .atMost(IN_FORCE)
          .untilAsserted(() -> {
            assertThat(upstream.bytes().length).isEqualTo(all);
            assertThat(proxy.heard.sent.get()).isEqualTo(all);
            assertThat(proxy.heard.received.get()).isEqualTo(all);
          });
      assertThat(proxy.heard.denied).isEmpty();
    }
    await().atMost(IN_FORCE).until(() -> proxy.connections.open() == 0);
  }

  @Test
  @DisplayName("one side may be through before the other")
  void halfClosed() throws Exception {
    try (Client client = tunnel()) {
      client.send("last").socket().shutdownOutput();
      assertThat(client.rest()).isEqualTo("last");
    }
    await().atMost(IN_FORCE).until(() -> proxy.connections.open() == 0);
  }

  @Test
  @DisplayName("SBX-8 other names, ports, addresses")
  void notAllowed() throws Exception {
    assertRefused(proxy.connect("b.example:" + upstream.port()), 403, EgressReason.HostNotAllowed);
    assertRefused(proxy.connect("a.example:1"), 403, EgressReason.HostNotAllowed);
    assertRefused(proxy.connect("127.0.0.1:" + upstream.port()), 403, EgressReason.AddressLiteral);
    assertRefused(proxy.connect("[::1]:" + upstream.port()), 403, EgressReason.AddressLiteral);
    assertRefused(proxy.connect("2130706433:" + upstream.port()), 403, EgressReason.AddressLiteral);
    assertRefused(
        proxy.connect("platform.hermes.internal:80"), 403, EgressReason.CallbackNotAllowed);
  }

  @Test
  @DisplayName("the status line says what and why: it is all that many tools show")
  void readable() throws Exception {
    try (Client client = proxy.client().send(proxy.connect("b.example:443"))) {
      assertThat(client.head().lines().findFirst())
          .contains(
              "HTTP/1.1 403 b.example:443 is not in network.egress of sandbox policy default");
    }
  }

  @Test
  @DisplayName("SBX-8 a listed name with a private, local or metadata address")
  void addresses() throws Exception {
    for (String address :
        new String[] {"169.254.169.254", "10.0.0.1", "127.0.0.1", "fd00:ec2::254", "::1"}) {
      String name = "n" + address.hashCode() + ".example";
      proxy.names.answer(name, address);
      proxy.allow(name + ":" + upstream.port());
      assertRefused(proxy.connect(name + ":" + upstream.port()), 403, EgressReason.AddressRefused);
    }
    // one good address does not make the other one good
    proxy.names.answer("mixed.example", "93.184.215.14", "10.0.0.1");
    proxy.allow("mixed.example:443");
    assertRefused(proxy.connect("mixed.example:443"), 403, EgressReason.AddressRefused);
  }

  @Test
  @DisplayName("a name is asked for once, and what was judged is what is connected to")
  void rebinding() throws Exception {
    // a.example may be at 127.0.0.1 only; the second answer would be refused, or be another server
    proxy.names.answer("a.example", "169.254.169.254");
    tunnel().close();
    assertThat(proxy.names.asked("a.example")).isEqualTo(1);
    try (Client client = proxy.client().send(proxy.connect(authority))) {
      assertThat(client.head()).startsWith("HTTP/1.1 403 ");
    }
    assertThat(upstream.connections()).isEqualTo(1);
  }

  @Test
  @DisplayName("nobody there: 502, which is no denial")
  void failed() throws Exception {
    proxy.allow("nowhere.example:443", "b.example:1");
    proxy.names.answer("b.example", "127.0.0.1");
    for (String to : new String[] {"nowhere.example:443", "b.example:1"}) {
      try (Client client = proxy.client().send(proxy.connect(to))) {
        assertThat(client.head()).startsWith("HTTP/1.1 502 " + to);
      }
    }
    assertThat(proxy.heard.denied).isEmpty();
    assertThat(proxy.heard.failed).hasSize(2);
  }

  private void assertHelloRefused(byte[] first, EgressReason reason) throws Exception {
    try (Client client = open()) {
      client.send(first);
      String rest = client.rest();
      assertThat(rest.isEmpty() || rest.startsWith("\u0015\u0003\u0003\0\u0002\u0002")).isTrue();
      assertThat(proxy.heard.denied).containsExactly(reason);
      assertThat(upstream.bytes()).as("not a byte reaches the upstream").isEmpty();
      proxy.heard.denied.clear();
    }
  }

  @Test
  @DisplayName("SBX-8 the ClientHello must name the host of CONNECT, and hide none")
  void hello() throws Exception {
    assertHelloRefused(Hellos.real("b.example"), EgressReason.SniMismatch);
    assertHelloRefused(Hellos.real("x.a.example"), EgressReason.SniMismatch);
    assertHelloRefused(Hellos.made(), EgressReason.SniMissing);
    assertHelloRefused(
        Hellos.made(Hellos.serverName("a.example"), Hellos.extension(0xfe0d, new byte[4])),
        EgressReason.EchRefused);
    assertHelloRefused(
        Hellos.made(Hellos.serverName("a.example"), Hellos.serverName("b.example")),
        EgressReason.HelloInvalid);
    tunnel().close();
  }

  @Test
  @DisplayName("SBX-8 no other protocol goes through a tunnel")
  void protocols() throws Exception {
    for (String first :
        new String[] {"GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n", "EHLO x\r\n", "\0\u0001"}) {
      assertHelloRefused(first.getBytes(StandardCharsets.ISO_8859_1), EgressReason.NotTls);
    }
  }

  @Test
  @DisplayName("nothing comes from the upstream before the ClientHello: no banner")
  void banner() throws Exception {
    try (Upstream ssh =
            new Upstream((socket, self) -> {
              socket.getOutputStream().write("SSH-2.0-banner\r\n".getBytes(StandardCharsets.UTF_8));
              Thread.sleep(5_000);
            });
        Client client = proxy.client().send(proxy.connect(proxy.serve("b.example", ssh)))) {
      assertThat(client.head()).startsWith("HTTP/1.1 200 ");
      assertThat(client.rest()).doesNotContain("SSH");
      assertThat(proxy.heard.denied).containsExactly(EgressReason.HelloInvalid);
    }
  }

  @Test
  @DisplayName("a ClientHello in pieces, in many records, and right behind the CONNECT")
  void pieces() throws Exception {
    hello = Hellos.fragmented(Hellos.real("a.example"), 50);
    try (Client client = open()) {
      for (int at = 0; at < hello.length; at += 97) {
        client.send(Arrays.copyOfRange(hello, at, Math.min(hello.length, at + 97)));
        Thread.sleep(2);
      }
      assertThat(client.read(hello.length)).isEqualTo(hello);
    }
    try (Client client = proxy.client()) {
      client.send(
          Hellos.concat(proxy.connect(authority).getBytes(StandardCharsets.US_ASCII), hello));
      assertThat(client.head()).startsWith("HTTP/1.1 200 ");
      assertThat(client.read(hello.length)).isEqualTo(hello);
    }
  }

  @Test
  @DisplayName("a ClientHello without end is cut by size, a silent one by time")
  void endless() throws Exception {
    assertHelloRefused(
        Hellos.record(new byte[] {1, 0, 0x7f, (byte) 0xff}), EgressReason.HelloInvalid);
    assertHelloRefused(Arrays.copyOf(Hellos.real("a.example"), 60), EgressReason.HelloInvalid);
  }

  @Test
  @DisplayName("SBX-8 a change is in force at once: new tunnels refused, open ones cut")
  void change() throws Exception {
    try (Client client = tunnel()) {
      proxy.allow(authority, "b.example:443");
      client.send("still");
      assertThat(client.read(5))
          .as("control: a change of another name")
          .isEqualTo("still".getBytes());
      long start = System.nanoTime();
      proxy.allow("b.example:443");
      assertThat(client.rest()).isEmpty();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(IN_FORCE);
      assertThat(proxy.heard.denied).containsExactly(EgressReason.HostNotAllowed);
    }
    try (Client client = proxy.client().send(proxy.connect(authority))) {
      assertThat(client.head()).startsWith("HTTP/1.1 403 ");
    }
  }

  @Test
  @DisplayName("SBX-8 a sandbox that is narrowed while it runs loses the tunnels it may not have")
  void narrowed() throws Exception {
    proxy.registry.put(narrow("a.example"));
    try (Client client = tunnel()) {
      proxy.registry.put(narrow("*.b.example,a.example"));
      client.send("still");
      assertThat(client.read(5)).as("control").isEqualTo("still".getBytes());
      long start = System.nanoTime();
      proxy.registry.put(narrow("none"));
      assertThat(client.rest()).isEmpty();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(IN_FORCE);
      assertThat(proxy.heard.denied).containsExactly(EgressReason.HostNotInSandboxNetwork);
    }
    try (Client client = proxy.client().send(proxy.connect(authority))) {
      assertThat(client.head()).startsWith("HTTP/1.1 403 ").contains("this sandbox was given");
    }
    proxy.registry.put(Proxy.sandbox(Proxy.UID, "127.0.0.1"));
    try (Client client = tunnel()) {
      client.send("again");
      assertThat(client.read(5)).as("the whole policy again").isEqualTo("again".getBytes());
    }
  }

  private static Sandbox narrow(String annotation) {
    return Proxy.sandbox(Proxy.UID, "127.0.0.1", Narrowing.of(Optional.of(annotation)));
  }

  @Test
  @DisplayName("a suspended tenant, one that is gone, and a sandbox that ended lose their tunnels")
  void ends() throws Exception {
    TenantState active =
        new TenantState("acme", "id-acme", "hermes-acme-1", false, Set.of("default"));
    Runnable[] ends = {
      () ->
          proxy.registry.put(
              new TenantState("acme", "id-acme", "hermes-acme-1", true, Set.of("default"))),
      () -> proxy.registry.removeTenant("acme"),
      () -> proxy.registry.removePolicy("default"),
      () -> proxy.registry.removeSandbox(Proxy.UID)
    };
    for (Runnable end : ends) {
      try (Client client = tunnel()) {
        end.run();
        assertThat(client.rest()).isEmpty();
      }
      proxy.registry.put(active);
      proxy.registry.put(Proxy.sandbox(Proxy.UID, "127.0.0.1"));
      proxy.allow(authority);
    }
  }

  @Test
  @DisplayName("an idle tunnel ends")
  void idle() throws Exception {
    try (Client client = tunnel()) {
      long start = System.nanoTime();
      assertThat(client.rest()).isEmpty();
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(6));
    }
  }
}

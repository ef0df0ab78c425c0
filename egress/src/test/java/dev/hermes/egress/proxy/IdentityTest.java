package dev.hermes.egress.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.egress.EgressReason;
import dev.hermes.egress.access.Sandbox;
import dev.hermes.egress.testing.Client;
import dev.hermes.egress.testing.Proxy;
import dev.hermes.egress.testing.Upstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Who asks, on real sockets: other pods are other loopback addresses. */
class IdentityTest {
  private static final String OTHER = "5c1e9a77-0000-4000-8000-000000000002";

  private final Proxy proxy = new Proxy(Proxy.quick().withMost(5, 7, 8), 1);
  private Upstream upstream;
  private String authority;

  @BeforeEach
  void serve() throws Exception {
    upstream = Upstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    authority = proxy.serve("a.example", upstream);
  }

  @AfterEach
  void close() throws Exception {
    proxy.close();
    upstream.close();
  }

  private String answer(String ip, String credentials) throws Exception {
    try (Client client = proxy.client(ip)) {
      client.send("GET http://" + authority + "/ HTTP/1.1\r\n" + credentials + "\r\n");
      return client.rest();
    }
  }

  private void assertRefused(String ip, String credentials, int status, EgressReason reason)
      throws Exception {
    String answer = answer(ip, credentials);
    assertThat(answer).startsWith("HTTP/1.1 " + status + " ").contains(reason.name());
    assertThat(answer.contains("Proxy-Authenticate: Basic")).isEqualTo(status == 407);
    assertThat(upstream.connections()).isZero();
  }

  @Test
  @DisplayName("SBX-8 no token, a wrong one, an old one: 407")
  void tokens() throws Exception {
    assertRefused("127.0.0.1", "", 407, EgressReason.TokenMissing);
    assertRefused(
        "127.0.0.1",
        Proxy.credentials(proxy.tokens.of(Proxy.UID) + "x"),
        407,
        EgressReason.TokenInvalid);
    assertRefused(
        "127.0.0.1",
        Proxy.credentials(proxy.tokens.expired(Proxy.UID)),
        407,
        EgressReason.TokenExpired);
    assertThat(answer("127.0.0.1", proxy.credentials())).as("control").endsWith("ok");
  }

  @Test
  @DisplayName("SBX-8 a stolen token opens nothing from another address: 403")
  void stolen() throws Exception {
    proxy.registry.put(Proxy.sandbox(OTHER, "127.0.0.2"));
    assertRefused("127.0.0.2", proxy.credentials(), 403, EgressReason.AddressMismatch);
    assertRefused("127.0.0.3", proxy.credentials(), 403, EgressReason.SandboxUnknown);
    assertThat(proxy.heard.deniedPods)
        .as("the thief is told of, not the owner")
        .containsExactly(OTHER, "nobody");
    assertThat(answer("127.0.0.2", Proxy.credentials(proxy.tokens.of(OTHER)))).endsWith("ok");
  }

  @Test
  @DisplayName("a recycled address: the old pod's token is refused there")
  void recycled() throws Exception {
    proxy.registry.removeSandbox(Proxy.UID);
    proxy.registry.put(Proxy.sandbox(OTHER, "127.0.0.1"));
    assertRefused("127.0.0.1", proxy.credentials(), 403, EgressReason.AddressMismatch);
    assertThat(answer("127.0.0.1", Proxy.credentials(proxy.tokens.of(OTHER)))).endsWith("ok");
  }

  @Test
  @DisplayName("a warm pod has nothing to ask; one claimed a moment ago is waited for")
  void claimed() throws Exception {
    Sandbox claimed = Proxy.sandbox(Proxy.UID, "127.0.0.1");
    Sandbox warm =
        new Sandbox(
            claimed.uid(),
            claimed.ip(),
            claimed.namespace(),
            claimed.pod(),
            claimed.tenantName(),
            claimed.tenantId(),
            claimed.policy(),
            null,
            false,
            claimed.narrowing(),
            claimed.started());
    proxy.registry.put(warm);
    assertRefused("127.0.0.1", proxy.credentials(), 403, EgressReason.SandboxNotClaimed);
    try (Client client = proxy.client()) {
      client.send(proxy.get(authority, "/"));
      Thread.sleep(100);
      proxy.registry.put(claimed);
      assertThat(client.rest()).endsWith("ok");
    }
  }

  private List<Client> open(int number, String ip) throws Exception {
    int before = proxy.connections.open();
    List<Client> open = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      open.add(proxy.client(ip));
    }
    await().until(() -> proxy.connections.open() == before + number);
    return open;
  }

  private void assertFull(String ip, String message) throws Exception {
    int before = proxy.connections.open();
    try (Client one = proxy.client(ip)) {
      assertThat(one.rest()).startsWith("HTTP/1.1 429 " + message);
    }
    await().until(() -> proxy.connections.open() == before);
  }

  @Test
  @DisplayName("connections of a sandbox, of a tenant and of all are bounded, and given back")
  void bounded() throws Exception {
    // two sandboxes of one tenant, and an address of nobody
    proxy.registry.put(Proxy.sandbox(OTHER, "127.0.0.2"));
    List<Client> open = open(5, "127.0.0.1");
    assertFull("127.0.0.1", "more than 5 connections of one sandbox");
    open.addAll(open(2, "127.0.0.2"));
    assertFull("127.0.0.2", "more than 7 connections of one tenant");
    open.addAll(open(1, "127.0.0.3"));
    assertFull("127.0.0.3", "the egress proxy has too many");
    for (Client client : open) {
      client.close();
    }
    await().atMost(Duration.ofSeconds(5)).until(() -> proxy.connections.open() == 0);
    assertThat(answer("127.0.0.1", proxy.credentials())).as("control").endsWith("ok");
  }

  @Test
  @DisplayName("a head that is too long or too slow ends")
  void heads() throws Exception {
    try (Client client = proxy.client()) {
      client.send("GET http://" + authority + "/ HTTP/1.1\r\nX: " + "x".repeat(17_000));
      assertThat(client.rest()).startsWith("HTTP/1.1 431 ");
    }
    try (Client client = proxy.client()) {
      client.send("GET http://" + authority);
      assertThat(client.rest()).isEmpty();
    }
  }
}

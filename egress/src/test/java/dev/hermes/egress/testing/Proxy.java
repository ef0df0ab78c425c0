package dev.hermes.egress.testing;

import dev.hermes.crds.egress.Cidr;
import dev.hermes.egress.access.Access;
import dev.hermes.egress.access.PolicyState;
import dev.hermes.egress.access.Registry;
import dev.hermes.egress.access.Sandbox;
import dev.hermes.egress.access.TenantState;
import dev.hermes.egress.access.TokenVerifier;
import dev.hermes.egress.address.AddressRules;
import dev.hermes.egress.destination.AllowList;
import dev.hermes.egress.destination.Destination;
import dev.hermes.egress.destination.Narrowing;
import dev.hermes.egress.proxy.CallbackTarget;
import dev.hermes.egress.proxy.Connections;
import dev.hermes.egress.proxy.Limits;
import dev.hermes.egress.proxy.ProxyServer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The proxy on a real socket, with one sandbox of one tenant at 127.0.0.1. A name is an upstream of
 * the test when {@link #serve} says so.
 */
public final class Proxy implements AutoCloseable {
  private static final Map<String, List<Cidr>> LOOPBACK =
      loopbackOf("a.example", "b.example", "x.wild.example");

  public static final String UID = "5c1e9a77-0000-4000-8000-000000000001";

  public final Registry registry = new Registry();
  public final Tokens tokens = new Tokens();
  public final TestNames names = new TestNames();
  public final TestNames platform = new TestNames();
  public final Heard heard = new Heard();
  public final Connections connections;
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
  private final ProxyServer server;

  public Proxy() {
    this(quick(), 1);
  }

  /** Bounds of time that a test can wait for. */
  public static Limits quick() {
    return new Limits(
        64,
        1024,
        4096,
        Duration.ofSeconds(2),
        Duration.ofSeconds(2),
        Duration.ofSeconds(3),
        Duration.ofSeconds(5),
        Duration.ofMillis(300));
  }

  /**
   * @param apiPort of the control API on the loopback address
   */
  public Proxy(Limits limits, int apiPort) {
    Access access =
        new Access(
            registry,
            new TokenVerifier(() -> List.of(tokens.pair().getPublic()), Clock.systemUTC()),
            new Access.Callback(
                Destination.parse("platform.hermes.internal:80").orElseThrow(),
                Set.of("/v1/me", "/mcp")));
    connections = new Connections(access, heard, limits);
    registry.onChange(connections::recheck);
    platform.answer("hermes-api.test", "127.0.0.1");
    server =
        new ProxyServer(
            loops,
            new InetSocketAddress("127.0.0.1", 0),
            new ProxyServer.Parts(
                access,
                names,
                platform,
                new AddressRules(List.of(), LOOPBACK),
                heard,
                connections,
                limits,
                new CallbackTarget("hermes-api.test", apiPort)));
    registry.put(sandbox(UID, "127.0.0.1"));
    registry.put(new TenantState("acme", "id-acme", "hermes-acme-1", false, Set.of("default")));
    allow();
  }

  /** Ports of servers are known later than this, so all of them are excepted. */
  private static Map<String, List<Cidr>> loopbackOf(String... names) {
    Map<String, List<Cidr>> all = new HashMap<>();
    for (String name : names) {
      for (int port = 1; port <= 65_535; port++) {
        all.put(name + ":" + port, List.of(Cidr.parse("127.0.0.1/32")));
      }
    }
    return all;
  }

  public static Sandbox sandbox(String uid, String ip) {
    return sandbox(uid, ip, Narrowing.NOT);
  }

  public static Sandbox sandbox(String uid, String ip, Narrowing narrowing) {
    return new Sandbox(
        uid,
        ip,
        "hermes-acme-1",
        "sbx-default-1",
        "acme",
        "id-acme",
        "default",
        "sb-1",
        true,
        narrowing,
        "2026-01-01T00:00:00Z");
  }

  /** The policy's list from now on. */
  public void allow(String... entries) {
    registry.put(new PolicyState("default", AllowList.of(Arrays.asList(entries)), false));
  }

  /** Allows a name with the port of a server of this test. */
  public String serve(String name, Upstream upstream) {
    names.answer(name, "127.0.0.1");
    allow(name + ":" + upstream.port());
    return name + ":" + upstream.port();
  }

  public Client client() throws IOException {
    return client("127.0.0.1");
  }

  public Client client(String ownIp) throws IOException {
    return new Client(server.port(), ownIp);
  }

  /** The header line of this sandbox. */
  public String credentials() {
    return credentials(tokens.of(UID));
  }

  public static String credentials(String token) {
    return "Proxy-Authorization: " + Tokens.basic(token) + "\r\n";
  }

  public String connect(String authority) {
    return "CONNECT "
        + authority
        + " HTTP/1.1\r\nHost: "
        + authority
        + "\r\n"
        + credentials()
        + "\r\n";
  }

  public String get(String authority, String path) {
    return "GET http://"
        + authority
        + path
        + " HTTP/1.1\r\nHost: "
        + authority
        + "\r\n"
        + credentials()
        + "\r\n";
  }

  public int port() {
    return server.port();
  }

  @Override
  public void close() {
    server.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}

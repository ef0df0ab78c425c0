package dev.hermes.api.toolserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.metric.TenantLabel;
import dev.hermes.api.testing.FakeMcpServer;
import dev.hermes.api.toolserver.ToolServerFailed.Kind;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.id.UuidV7;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The client of MCP against a strict server. */
class ToolServersTest {
  @TempDir private Path credentials;

  private final TenantId tenant = new TenantId(UuidV7.next());
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private ToolServers servers;

  @BeforeEach
  void make() throws IOException {
    Files.writeString(credentials.resolve("token"), FakeMcpServer.TOKEN + "\n");
    servers = servers(new LocalAddresses());
  }

  private ToolServers servers(Addresses addresses) {
    return new ToolServers(
        addresses,
        new Credentials(credentials.toString()),
        new ToolServerMetrics(meters, new TenantLabel(10)),
        new ObjectMapper());
  }

  @Test
  @DisplayName("AGW-8 a list is read page by page, in order, and the session is ended")
  void list() {
    try (FakeMcpServer fake = new FakeMcpServer(FakeMcpServer.TOKEN, "a", "b.c", "d", "e", "f")) {
      List<ListedTool> tools = list(fake.named("words"));
      assertThat(tools)
          .extracting(ListedTool::wire)
          .containsExactly("words_a", "words_b_c", "words_d", "words_e", "words_f");
      assertThat(tools.get(1).name()).isEqualTo("b.c");
      assertThat(tools.getFirst().description()).isEqualTo("Does a");
      assertThat(tools.getFirst().schema().at("/properties/word/type").asText())
          .isEqualTo("string");
      await().until(() -> fake.openSessions() == 0);
      assertThat(fake.log())
          .containsExactly(
              "initialize",
              "notifications/initialized",
              "tools/list",
              "tools/list",
              "tools/list",
              "DELETE");
      assertThat(fake.refusals()).isEmpty();
    }
  }

  @Test
  @DisplayName("a list is asked for once by many, and not again while it is fresh")
  void kept() throws Exception {
    try (FakeMcpServer fake = new FakeMcpServer("", "a");
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<List<ListedTool>>> asks = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        asks.add(() -> list(fake.named("words")));
      }
      for (Future<List<ListedTool>> each : threads.invokeAll(asks)) {
        assertThat(each.get()).hasSize(1);
      }
      assertThat(fake.count("tools/list")).isEqualTo(1);
      servers.tools(new TenantId(UuidV7.next()), List.of(fake.named("words")), Optional.empty());
      assertThat(fake.count("tools/list")).as("another tenant's is another").isEqualTo(2);
    }
  }

  @Test
  @DisplayName("who comes when a list is old gets it, and the next the new one")
  void refreshed() {
    AtomicInteger asked = new AtomicInteger();
    AtomicReference<Long> now = new AtomicReference<>(0L);
    Known known = new Known(now::get);
    CountDownLatch gate = new CountDownLatch(1);
    ListedTool one = tool("s", "one");
    assertThat(known.tools(_ -> new Known.Listed(List.of(one), 10)).join()).containsExactly(one);
    now.set(10L);
    for (int i = 0; i < 3; i++) {
      assertThat(
              known.tools(_ -> {
                asked.incrementAndGet();
                try {
                  gate.await();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                return new Known.Listed(List.of(), 10);
              }))
          .isCompletedWithValue(List.of(one));
    }
    gate.countDown();
    await().until(() -> known.tools(_ -> new Known.Listed(List.of(one), 1)).join().isEmpty());
    assertThat(asked.get()).isEqualTo(1);
  }

  @Test
  @DisplayName("a server that is away has no tools, is not asked by every turn, and is counted")
  void away() {
    try (FakeMcpServer fake = new FakeMcpServer("", "a");
        FakeMcpServer there = new FakeMcpServer("", "b")) {
      fake.down(503);
      List<TenantSpec.McpServer> both = List.of(fake.named("away"), there.named("there"));
      assertThat(list(both.toArray(TenantSpec.McpServer[]::new)))
          .extracting(ListedTool::wire)
          .containsExactly("there_b");
      fake.down(0);
      assertThat(list(both.toArray(TenantSpec.McpServer[]::new))).as("for 30 s").hasSize(1);
      assertThat(fake.log()).isEmpty();
      assertThat(
              meters
                  .get("hermes_tool_server_requests")
                  .tag("outcome", "protocol")
                  .counter()
                  .count())
          .isEqualTo(1);
      assertThat(
              meters
                  .get("hermes_tool_server_requests")
                  .tag("outcome", "succeeded")
                  .counter()
                  .count())
          .isEqualTo(1);
    }
  }

  @Test
  @DisplayName("only what the Tenant lists, nothing beyond the bounds, and no name twice")
  void bounds() {
    try (FakeMcpServer fake =
        new FakeMcpServer("", "a", "huge-schema", "wordy", "x.y", "x/y", "n".repeat(100))) {
      List<ListedTool> tools = list(fake.named("words"));
      assertThat(tools).extracting(ListedTool::name).containsExactly("a", "wordy", "n".repeat(100));
      assertThat(tools.get(1).description()).hasSize(1024);
      assertThat(tools.get(2).wire()).hasSize(64).startsWith("words_nnn").matches("[a-zA-Z0-9_-]+");
      assertThat(list(fake.named("words", "x.y", "absent")))
          .as("alone the name is clear")
          .extracting(ListedTool::wire)
          .containsExactly("words_x_y");
    }
    String[] many = IntStream.range(0, 200).mapToObj(i -> "t" + i).toArray(String[]::new);
    try (FakeMcpServer fake = new FakeMcpServer("", many)) {
      assertThat(list(fake.named("many"))).hasSize(128);
    }
  }

  @Test
  @DisplayName("AGW-8 calls of one turn share a session; its end ends it")
  void call() throws Exception {
    try (FakeMcpServer fake = new FakeMcpServer(FakeMcpServer.TOKEN, "say", "fail", "error")) {
      ToolServerSession session = servers.open(fake.named("words"));
      assertThat(call(session, "say")).isEqualTo(new ToolAnswer("say says hi", false, false));
      assertThat(call(session, "fail"))
          .isEqualTo(new ToolAnswer("that word is not allowed", true, false));
      ToolServerFailed error = failure(session, "error");
      assertThat(error.kind()).isEqualTo(Kind.ERROR);
      assertThat(error).hasMessage("no such word");
      assertThat(fake.count("initialize")).isEqualTo(1);
      session.end();
      await().until(() -> fake.openSessions() == 0);
      assertThat(fake.refusals()).isEmpty();
    }
  }

  @Test
  @DisplayName("an answer may come as events, among others, on a stream that stays open")
  void events() throws Exception {
    try (FakeMcpServer fake = new FakeMcpServer("", "say").withEvents()) {
      assertThat(list(fake.named("words"))).hasSize(1);
      assertThat(call(servers.open(fake.named("words")), "say").text()).isEqualTo("say says hi");
      assertThat(fake.log()).contains("answer \"p1\"", "answer \"s1\"");
      assertThat(fake.refusals()).isEmpty();
    }
  }

  @Test
  @DisplayName("a session that the server has forgotten begins anew, once")
  void forgotten() throws Exception {
    try (FakeMcpServer fake = new FakeMcpServer("", "say")) {
      ToolServerSession session = servers.open(fake.named("words"));
      call(session, "say");
      fake.forget();
      assertThat(call(session, "say").text()).isEqualTo("say says hi");
      assertThat(fake.count("initialize")).isEqualTo(2);
      fake.down(404);
      assertThat(failure(session, "say")).hasMessage("it answered HTTP 404");
    }
  }

  @Test
  @DisplayName("what is no text is named and not shown; too much text is cut")
  void content() throws Exception {
    try (FakeMcpServer fake = new FakeMcpServer("", "picture", "structure", "long")) {
      ToolServerSession session = servers.open(fake.named("words"));
      assertThat(call(session, "picture").text())
          .isEqualTo("see\n[image image/png, not shown]\n[resource report file:///r.pdf]");
      assertThat(call(session, "structure").text()).isEqualTo("{\"degrees\":21}");
      ToolAnswer cut = call(session, "long");
      assertThat(cut.truncated()).isTrue();
      assertThat(cut.text()).endsWith("x\n[output cut at the limit]").hasSizeLessThan(52_000);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "huge,      PROTOCOL, its answer is larger than 1 MiB",
    "nonsense,  PROTOCOL, its answer is not JSON",
    "html,      PROTOCOL, its answer is neither JSON nor events",
    "cut,       PROTOCOL, its stream ended without an answer",
    "slow,      TIMEOUT,  it did not answer within 2 s",
  })
  void wrong(String tool, Kind kind, String message) {
    for (boolean events : List.of(false, true)) {
      try (FakeMcpServer fake = new FakeMcpServer("", tool)) {
        ToolServerFailed failure =
            failure(servers.open((events ? fake.withEvents() : fake).named("words")), tool);
        assertThat(failure.kind()).isEqualTo(kind);
        assertThat(failure).hasMessage(message);
        if (kind == Kind.TIMEOUT) {
          await().until(() -> fake.count("notifications/cancelled") == 1);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "302, PROTOCOL, 'it redirects (HTTP 302), which is not followed'",
    "401, REFUSED,  it refuses our credential (HTTP 401)",
    "500, PROTOCOL, it answered HTTP 500",
  })
  void status(int status, Kind kind, String message) {
    try (FakeMcpServer fake = new FakeMcpServer("", "say")) {
      fake.down(status);
      ToolServerFailed failure = failure(servers.open(fake.named("words")), "say");
      assertThat(failure.kind()).isEqualTo(kind);
      assertThat(failure).hasMessage(message);
    }
  }

  @Test
  void otherVersion() {
    try (FakeMcpServer fake = new FakeMcpServer("", "say")) {
      fake.speaks("1999-01-01");
      assertThat(failure(servers.open(fake.named("words")), "say"))
          .hasMessageContaining("another version of MCP");
    }
  }

  @Test
  @DisplayName("SEC-8 a credential is the server's alone, may change, and is in no message")
  void credential() throws Exception {
    try (FakeMcpServer fake = new FakeMcpServer(FakeMcpServer.TOKEN, "say");
        FakeMcpServer other = new FakeMcpServer("", "say")) {
      ToolServerSession session = servers.open(fake.named("words"));
      Files.writeString(credentials.resolve("token"), "stale");
      assertThat(failure(session, "say")).hasMessage("it refuses our credential (HTTP 401)");
      Files.writeString(credentials.resolve("token"), FakeMcpServer.TOKEN);
      assertThat(call(session, "say").text()).as("control").isEqualTo("say says hi");
      call(servers.open(other.named("other")), "say");
      assertThat(other.headers()).noneMatch(it -> it.containsKey("Authorization"));

      Files.delete(credentials.resolve("token"));
      assertThat(failure(session, "say"))
          .hasMessageContaining("'token' is not in the Secret")
          .hasMessageNotContaining(credentials.toString());
      Files.writeString(credentials.resolve("token"), "two\nlines");
      assertThat(failure(session, "say"))
          .hasMessageContaining("not one line")
          .hasMessageNotContaining("two");
    }
  }

  @Test
  @DisplayName(
      "SEC-8 the address that was checked is the one that is asked: a name is looked up once")
  void rebinding() {
    try (FakeMcpServer fake = new FakeMcpServer("", "say")) {
      AtomicInteger lookUps = new AtomicInteger();
      // leads to a documentation address (RFC 5737) when it is checked, and here ever after
      Addresses turning =
          new Addresses(false) {
            @Override
            List<InetAddress> resolve(String host) throws IOException {
              return List.of(
                  InetAddress.getByName(
                      lookUps.getAndIncrement() == 0 ? "192.0.2.1" : "127.0.0.1"));
            }
          };
      TenantSpec.McpServer server = fake.named("words");
      assertThat(failure(servers(turning).open(server), "say").kind())
          .isIn(Kind.UNREACHABLE, Kind.TIMEOUT);
      assertThat(lookUps.get()).isEqualTo(1);
      assertThat(failure(servers(turning).open(server), "say").kind())
          .as("looked up again, it is refused")
          .isEqualTo(Kind.REFUSED);
      assertThat(fake.headers()).isEmpty();
    }
  }

  private ToolAnswer call(ToolServerSession session, String tool)
      throws ToolServerFailed, InterruptedException {
    ObjectNode arguments = JsonNodeFactory.instance.objectNode().put("word", "hi");
    return servers.call(tenant, session, tool("words", tool), arguments, Duration.ofSeconds(30));
  }

  private List<ListedTool> list(TenantSpec.McpServer... of) {
    return servers.tools(tenant, List.of(of), Optional.empty());
  }

  private static ListedTool tool(String server, String name) {
    return new ListedTool(
        server, false, name, server + "_" + name, "", JsonNodeFactory.instance.objectNode());
  }

  private ToolServerFailed failure(ToolServerSession session, String tool) {
    ToolServerFailed failure =
        catchThrowableOfType(ToolServerFailed.class, () -> call(session, tool));
    assertThat(failure).isNotNull();
    return failure;
  }
}

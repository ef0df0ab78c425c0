package dev.hermes.api.toolserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.api.metric.TenantLabel;
import dev.hermes.api.testing.StdioServer;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.id.UuidV7;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How often servers that are programs are asked for their tools, and where. */
class ProgramsTest {
  private static final EffectivePolicy POLICY = TestTenant.policy(TestTenant.limits(50), null);

  @TempDir private Path credentials;

  private final TenantId tenant = new TenantId(UuidV7.next());
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final AtomicLong now = new AtomicLong();
  private final AtomicInteger started = new AtomicInteger();
  private final AtomicInteger open = new AtomicInteger();
  private volatile boolean full;
  private ToolServers servers;

  private List<String> list(TenantSpec.McpServer server, EffectivePolicy policy) {
    if (servers == null) {
      servers =
          new ToolServers(
              new LocalAddresses(),
              new Credentials(credentials.toString()),
              new ToolServerMetrics(meters, new TenantLabel(10)),
              new ObjectMapper(),
              now::get);
    }
    return servers
        .tools(tenant, List.of(server), Optional.of(new Programs(policy, this::start)))
        .stream()
        .map(ListedTool::name)
        .toList();
  }

  private Programs.Started start(TenantSpec.McpServer server) throws ToolServerFailed {
    if (full) {
      throw new ToolServerFailed(ToolServerFailed.Kind.UNAVAILABLE, "all are in use");
    }
    started.incrementAndGet();
    open.incrementAndGet();
    LocalProgram program = new LocalProgram(server);
    return new Programs.Started(
        program,
        () -> {
          open.decrementAndGet();
          program.close();
        });
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  private double counted(String outcome) {
    return meters.get("hermes_tool_server_requests").tag("outcome", outcome).counter().count();
  }

  @Test
  @DisplayName("AGW-8 a list is good for an hour, and then asked for behind who has the old one")
  void kept() {
    TenantSpec.McpServer server = new StdioServer("", "a", "b", "c").named("words");
    assertThat(list(server, POLICY)).containsExactly("a", "b", "c");
    pass(Duration.ofMinutes(59));
    list(server, POLICY);
    assertThat(started.get()).isEqualTo(1);
    pass(Duration.ofMinutes(2));
    assertThat(list(server, POLICY)).containsExactly("a", "b", "c");
    await().until(() -> started.get() == 2);
    await().until(() -> open.get() == 0);
    assertThat(counted("succeeded")).isEqualTo(2);
  }

  @Test
  @DisplayName("a policy with another image has another list")
  void image() {
    TenantSpec.McpServer server = new StdioServer("", "a").named("words");
    EffectivePolicy other =
        new EffectivePolicy(
            POLICY.name(),
            "hermes.local/other@sha256:1",
            POLICY.runtimeClassName(),
            POLICY.tools(),
            POLICY.resources(),
            POLICY.limits(),
            POLICY.pool(),
            POLICY.denyTargets(),
            POLICY.network(),
            null,
            null,
            POLICY.backend());
    list(server, POLICY);
    list(server, other);
    list(server, POLICY);
    assertThat(started.get()).isEqualTo(2);
  }

  @Test
  @DisplayName("where no sandbox is free what was known stays; where the server fails it does not")
  void full() {
    StdioServer good = new StdioServer("", "a");
    TenantSpec.McpServer server = good.named("words");
    full = true;
    assertThat(list(server, POLICY)).isEmpty();
    full = false;
    assertThat(list(server, POLICY)).as("for 30 s").isEmpty();
    pass(Duration.ofSeconds(31));
    list(server, POLICY);
    await().until(() -> list(server, POLICY).equals(List.of("a")));
    full = true;
    pass(Duration.ofMinutes(61));
    list(server, POLICY);
    await().until(() -> counted("unavailable") == 2);
    assertThat(list(server, POLICY)).containsExactly("a");
    assertThat(started.get()).isEqualTo(1);

    TenantSpec.McpServer dead = new StdioServer("dies", "a").named("dead");
    full = false;
    assertThat(list(dead, POLICY)).isEmpty();
    list(dead, POLICY);
    assertThat(started.get()).as("for 30 s").isEqualTo(2);
    assertThat(counted("unreachable")).isEqualTo(1);
    assertThat(open.get()).as("sandboxes").isZero();
  }

  @Test
  @DisplayName("a turn waits ten seconds for a server that hangs, and its sandbox ends")
  void hangs() {
    TenantSpec.McpServer server = new StdioServer("silent", "a").named("words", 13);
    long begun = System.nanoTime();
    assertThat(list(server, POLICY)).isEmpty();
    Duration took = Duration.ofNanos(System.nanoTime() - begun);
    assertThat(took).isBetween(Duration.ofSeconds(10), Duration.ofMillis(12_500));
    assertThat(list(server, POLICY)).as("asked once").isEmpty();
    assertThat(started.get()).isEqualTo(1);
    await().until(() -> open.get() == 0);
    assertThat(counted("timeout")).isEqualTo(1);
  }

  @Test
  @DisplayName("SBX-9 without a place to run it a server has no tools")
  void nowhere() {
    TenantSpec.McpServer server = new StdioServer("", "a").named("words");
    assertThat(list(server, POLICY)).as("control").containsExactly("a");
    assertThat(servers.tools(tenant, List.of(server), Optional.empty())).isEmpty();
  }
}

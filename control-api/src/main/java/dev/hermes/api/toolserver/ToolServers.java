package dev.hermes.api.toolserver;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.access.TenantId;
import dev.hermes.sandbox.daemon.RunningProgram;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The MCP servers of tenants. What tools they have is kept, by tenant and server as the Tenant has
 * it, so that a turn asks none of them before a model calls a tool.
 */
@Singleton
public final class ToolServers {
  private static final Logger LOG = LoggerFactory.getLogger(ToolServers.class);

  /** A turn waits no longer for a list that nobody has asked for yet. */
  private static final Duration MOST_FOR_LIST = Duration.ofSeconds(10);

  /** Of a program, whose sandbox may be cold: the turn has gone on without it by then. */
  private static final Duration MOST_FOR_PROGRAM = Duration.ofSeconds(60);

  /** Of one over HTTP the failure itself is waited for, which ends then. */
  private static final Duration GRACE = Duration.ofMillis(500);

  private static final String SUCCEEDED = "succeeded";
  private static final Duration GOOD = Duration.ofMinutes(5);

  /** What the image of a policy holds does not change, and a sandbox is dear. */
  private static final Duration GOOD_OF_PROGRAM = Duration.ofHours(1);

  private static final Duration AWAY = Duration.ofSeconds(30);
  private static final Duration KEPT = Duration.ofMinutes(15);
  private static final Duration KEPT_OF_PROGRAM = Duration.ofHours(24);

  private final Addresses addresses;
  private final Credentials credentials;
  private final ToolServerMetrics metrics;
  private final ObjectMapper json;
  private final LongSupplier nanos;
  private final Cache<Key, Known> known =
      Caffeine.newBuilder()
          .maximumSize(500)
          .expireAfter(
              Expiry.<Key, Known>accessing(
                  (key, _) -> key.server().runsInSandbox() ? KEPT_OF_PROGRAM : KEPT))
          .build();

  @Inject
  ToolServers(
      Addresses addresses, Credentials credentials, ToolServerMetrics metrics, ObjectMapper json) {
    this(addresses, credentials, metrics, json, System::nanoTime);
  }

  ToolServers(
      Addresses addresses,
      Credentials credentials,
      ToolServerMetrics metrics,
      ObjectMapper json,
      LongSupplier nanos) {
    this.addresses = addresses;
    this.credentials = credentials;
    this.metrics = metrics;
    this.json = json;
    this.nanos = nanos;
  }

  /** A server that is changed in any way is another, and so is one in another sandbox. */
  private record Key(
      TenantId tenant, TenantSpec.McpServer server, Optional<EffectivePolicy> policy) {}

  /**
   * The tools of these servers of a tenant; of one that is away there are none.
   *
   * @param programs where those that are programs run; empty: they have no tools
   */
  public List<ListedTool> tools(
      TenantId tenant, List<TenantSpec.McpServer> servers, Optional<Programs> programs) {
    // the first time all are asked at once
    List<CompletableFuture<List<ListedTool>>> lists =
        servers.stream()
            .filter(server -> !server.runsInSandbox() || programs.isPresent())
            .map(server -> list(tenant, server, programs.filter(_ -> server.runsInSandbox())))
            .toList();
    return lists.stream().map(CompletableFuture::join).flatMap(List::stream).toList();
  }

  private CompletableFuture<List<ListedTool>> list(
      TenantId tenant, TenantSpec.McpServer server, Optional<Programs> programs) {
    Key key = new Key(tenant, server, programs.map(Programs::policy));
    return known
        .get(key, _ -> new Known(nanos))
        .tools(before -> ask(tenant, server, programs, before))
        .copy()
        .completeOnTimeout(List.of(), MOST_FOR_LIST.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Calls a tool.
   *
   * @param session with the tool's server
   * @param within how long it may take, should that be shorter than the server may
   */
  public ToolAnswer call(
      TenantId tenant,
      ToolServerSession session,
      ListedTool tool,
      ObjectNode arguments,
      Duration within)
      throws ToolServerFailed, InterruptedException {
    String outcome = "interrupted";
    try {
      ObjectNode params = JsonNodeFactory.instance.objectNode().put("name", tool.name());
      params.set("arguments", arguments);
      ToolAnswer answer = ToolAnswer.of(session.ask("tools/call", params, within));
      outcome = SUCCEEDED;
      return answer;
    } catch (ToolServerFailed e) {
      outcome = e.kind().wire();
      tell(tenant, tool, e);
      throw e;
    } finally {
      metrics.asked(tenant, "call", outcome);
    }
  }

  /** Begins to speak with a server, for one turn: what it keeps of a session is that turn's. */
  public ToolServerSession open(TenantSpec.McpServer server) {
    return session(server, Duration.ofSeconds(server.timeoutSeconds()));
  }

  /** The same with a program that was started for the turn. */
  public ToolServerSession open(TenantSpec.McpServer server, RunningProgram program) {
    return session(program, Duration.ofSeconds(server.timeoutSeconds()));
  }

  /** How the names of a server's tools begin, as models call them. */
  public static String prefix(TenantSpec.McpServer server) {
    return ToolNames.prefix(server.name());
  }

  /** What a server answers may be what a user wrote, and is the model's alone. */
  private static void tell(TenantId tenant, ListedTool tool, ToolServerFailed e) {
    LOG.warn(
        "tenant {}: a call of {} at the MCP server {} failed: {}",
        tenant,
        tool.wire(),
        tool.server(),
        e.kind() == ToolServerFailed.Kind.ERROR ? "it answered with an error" : e.getMessage());
  }

  private Known.Listed ask(
      TenantId tenant,
      TenantSpec.McpServer server,
      Optional<Programs> programs,
      List<ListedTool> before) {
    try {
      ServerForm.check(server);
      Listing.Found found = programs.isPresent() ? listed(server, programs.get()) : listed(server);
      if (!found.leftOut().isEmpty()) {
        LOG.warn(
            "tenant {}: not offered of the MCP server {}: {}",
            tenant,
            server.name(),
            found.leftOut());
      }
      metrics.asked(tenant, "list", SUCCEEDED);
      Duration good = server.runsInSandbox() ? GOOD_OF_PROGRAM : GOOD;
      return new Known.Listed(found.tools(), good.toNanos());
    } catch (ToolServerFailed e) {
      metrics.asked(tenant, "list", e.kind().wire());
      // what was known is as true as before: the server was not even asked
      List<ListedTool> left =
          e.kind() == ToolServerFailed.Kind.UNAVAILABLE ? before : List.<ListedTool>of();
      LOG.warn(
          "tenant {}: {} tools of the MCP server {} are offered, it is asked again in {} s: {}",
          tenant,
          left.isEmpty() ? "no" : left.size(),
          server.name(),
          AWAY.toSeconds(),
          e.line());
      return new Known.Listed(left, AWAY.toNanos());
    } catch (InterruptedException e) {
      // nobody interrupts a thread of its own but the end of the process
      Thread.currentThread().interrupt();
      return new Known.Listed(List.of(), AWAY.toNanos());
    }
  }

  private Listing.Found listed(TenantSpec.McpServer server)
      throws ToolServerFailed, InterruptedException {
    Duration most = most(server, MOST_FOR_LIST);
    return listed(server, session(server, most), most);
  }

  private Listing.Found listed(TenantSpec.McpServer server, Programs programs)
      throws ToolServerFailed, InterruptedException {
    Duration most = most(server, MOST_FOR_PROGRAM);
    try (Programs.Started started = programs.starting().start(server)) {
      return listed(server, session(started.program(), most), most);
    }
  }

  private static Listing.Found listed(
      TenantSpec.McpServer server, ToolServerSession session, Duration most)
      throws ToolServerFailed, InterruptedException {
    try {
      return Deadline.within(most, () -> Listing.of(server, session));
    } finally {
      session.end();
    }
  }

  private static Duration most(TenantSpec.McpServer server, Duration bound) {
    return Duration.ofSeconds(Math.min(server.timeoutSeconds(), bound.toSeconds()));
  }

  private ToolServerSession session(TenantSpec.McpServer server, Duration most) {
    return new ToolServerSession(
        new HttpTransport(new ServerHttp(server, addresses, credentials), json), most);
  }

  private ToolServerSession session(RunningProgram program, Duration most) {
    return new ToolServerSession(new StdioTransport(program, json), most);
  }
}

package dev.hermes.api.toolserver;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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

  private static final String SUCCEEDED = "succeeded";
  private static final Duration GOOD = Duration.ofMinutes(5);
  private static final Duration AWAY = Duration.ofSeconds(30);

  private final Addresses addresses;
  private final Credentials credentials;
  private final ToolServerMetrics metrics;
  private final ObjectMapper json;
  private final Cache<Key, Known> known =
      Caffeine.newBuilder().maximumSize(500).expireAfterAccess(Duration.ofMinutes(15)).build();

  ToolServers(
      Addresses addresses, Credentials credentials, ToolServerMetrics metrics, ObjectMapper json) {
    this.addresses = addresses;
    this.credentials = credentials;
    this.metrics = metrics;
    this.json = json;
  }

  /** A server that is changed in any way is another. */
  private record Key(TenantId tenant, TenantSpec.McpServer server) {}

  /** The tools of these servers of a tenant; of one that is away there are none. */
  public List<ListedTool> tools(TenantId tenant, List<TenantSpec.McpServer> servers) {
    // the first time all are asked at once
    List<CompletableFuture<List<ListedTool>>> lists =
        servers.stream()
            .map(server -> {
              Known list = known.get(new Key(tenant, server), _ -> new Known(System::nanoTime));
              return list.tools(() -> ask(tenant, server));
            })
            .toList();
    return lists.stream().map(CompletableFuture::join).flatMap(List::stream).toList();
  }

  /**
   * Calls a tool.
   *
   * @param session with the tool's server
   */
  public ToolAnswer call(
      TenantId tenant, ToolServerSession session, ListedTool tool, ObjectNode arguments)
      throws ToolServerFailed, InterruptedException {
    String outcome = "interrupted";
    try {
      ObjectNode params = JsonNodeFactory.instance.objectNode().put("name", tool.name());
      params.set("arguments", arguments);
      ToolAnswer answer = ToolAnswer.of(session.ask("tools/call", params));
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

  private Known.Listed ask(TenantId tenant, TenantSpec.McpServer server) {
    long seconds = Math.min(server.timeoutSeconds(), MOST_FOR_LIST.toSeconds());
    Duration most = Duration.ofSeconds(seconds);
    ToolServerSession session = session(server, most);
    try {
      Listing.Found found = Deadline.within(most, () -> Listing.of(server, session));
      if (!found.leftOut().isEmpty()) {
        LOG.warn(
            "tenant {}: not offered of the MCP server {}: {}",
            tenant,
            server.name(),
            found.leftOut());
      }
      metrics.asked(tenant, "list", SUCCEEDED);
      return new Known.Listed(found.tools(), GOOD.toNanos());
    } catch (ToolServerFailed e) {
      metrics.asked(tenant, "list", e.kind().wire());
      LOG.warn(
          "tenant {}: no tools of the MCP server {} are offered, it is asked again in {} s: {}",
          tenant,
          server.name(),
          AWAY.toSeconds(),
          e.getMessage());
    } catch (InterruptedException e) {
      // nobody interrupts a thread of its own but the end of the process
      Thread.currentThread().interrupt();
    } finally {
      session.end();
    }
    return new Known.Listed(List.of(), AWAY.toNanos());
  }

  private ToolServerSession session(TenantSpec.McpServer server, Duration most) {
    return new ToolServerSession(new ServerHttp(server, addresses, credentials), most, json);
  }
}

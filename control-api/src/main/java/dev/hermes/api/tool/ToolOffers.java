package dev.hermes.api.tool;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.sandbox.SandboxHold;
import dev.hermes.api.toolserver.ToolServers;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides which tools a request's model is offered. */
@Singleton
public final class ToolOffers {
  private static final Logger LOG = LoggerFactory.getLogger(ToolOffers.class);

  /** What OpenAI's API takes in one request, the client's own among them. */
  private static final int MOST = 128;

  private final ToolServers servers;
  private final ListingSandboxes listing;
  private final Cache<TenantId, Boolean> told =
      Caffeine.newBuilder().maximumSize(1_000).expireAfterWrite(Duration.ofMinutes(5)).build();

  ToolOffers(ToolServers servers, ListingSandboxes listing) {
    this.servers = servers;
    this.listing = listing;
  }

  /**
   * The tools of one request. Waits for a tenant's MCP servers when nobody has asked them before.
   */
  public ToolTurn of(
      Principal caller,
      EffectiveTenant tenant,
      String requestId,
      Optional<String> session,
      ToolWish wish) {
    List<ServerTool> own = ToolPolicy.allowed(caller, tenant).filter(wish::wants).toList();
    List<ServerTool> offered =
        Stream.concat(
                own.stream(),
                remote(caller, tenant, wish, MOST - own.size() - wish.client().size()))
            .toList();
    Optional<SandboxHold> hold =
        ToolPolicy.sandboxPolicy(tenant)
            .map(
                policy -> new SandboxHold(caller.tenant(), tenant, policy, caller.user(), session));
    return new ToolTurn(caller, requestId, session, offered, hold, tenant.mcpServers());
  }

  private Stream<ServerTool> remote(
      Principal caller, EffectiveTenant tenant, ToolWish wish, int room) {
    if (tenant.mcpServers().isEmpty() || !ToolPolicy.mayExecute(caller)) {
      return Stream.empty();
    }
    List<TenantSpec.McpServer> wanted = tenant.mcpServers().stream().filter(wish::wantsOf).toList();
    List<ServerTool> found =
        servers.tools(caller.tenant(), wanted, listing.of(caller, tenant)).stream()
            .<ServerTool>map(RemoteTool::new)
            .filter(wish::wants)
            .toList();
    if (found.size() > room && told.asMap().putIfAbsent(caller.tenant(), true) == null) {
      LOG.warn(
          "tenant {}: its MCP servers have {} tools and a request has room for {}; name those that"
              + " are needed in spec.mcpServers[].tools",
          caller.tenant(),
          found.size(),
          Math.max(room, 0));
    }
    return found.stream().limit(Math.max(room, 0));
  }
}

package dev.hermes.operator.sandboxpolicy;

import dev.hermes.sandbox.agent.AgentSandbox;
import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the API server now and then which kinds of agent-sandbox it serves: their CRDs are others'
 * and may come and go.
 */
public final class AgentSandboxDiscovery implements Supplier<AgentSandboxApi> {
  private static final Logger log = LoggerFactory.getLogger(AgentSandboxDiscovery.class);

  private final KubernetesClient kubernetes;
  private final boolean enabled;
  private final Runnable onChange;
  private volatile AgentSandboxApi current;

  /**
   * @param enabled whether the installation may use them; otherwise nobody is asked
   * @param onChange called when the kinds came or went
   */
  public AgentSandboxDiscovery(KubernetesClient kubernetes, boolean enabled, Runnable onChange) {
    this.kubernetes = kubernetes;
    this.enabled = enabled;
    this.onChange = onChange;
    this.current = enabled ? new AgentSandboxApi.Missing(all()) : new AgentSandboxApi.Disabled();
  }

  @Override
  public AgentSandboxApi get() {
    return current;
  }

  public boolean isServed() {
    return current instanceof AgentSandboxApi.Served;
  }

  /** One look; called every ten seconds. */
  public void poll() {
    if (!enabled) {
      return;
    }
    AgentSandboxApi now;
    try {
      now = look();
    } catch (KubernetesClientException e) {
      // nothing is known to have changed: what was found last time holds
      log.warn("the kinds of agent-sandbox cannot be looked up: {}", e.getMessage());
      return;
    }
    boolean changed = !now.equals(current);
    current = now;
    if (changed) {
      log.info("agent-sandbox: {}", now);
      onChange.run();
    }
  }

  private AgentSandboxApi look() {
    List<String> missing = new ArrayList<>();
    Set<String> extensions = served(AgentSandbox.EXTENSIONS_GROUP);
    for (var kind : List.of(AgentSandbox.TEMPLATES, AgentSandbox.POOLS, AgentSandbox.CLAIMS)) {
      if (!extensions.contains(kind.getPlural())) {
        missing.add(name(kind.getPlural(), AgentSandbox.EXTENSIONS_GROUP));
      }
    }
    if (!served(AgentSandbox.CORE_GROUP).contains(AgentSandbox.SANDBOXES)) {
      missing.add(name(AgentSandbox.SANDBOXES, AgentSandbox.CORE_GROUP));
    }
    return missing.isEmpty() ? new AgentSandboxApi.Served() : new AgentSandboxApi.Missing(missing);
  }

  private Set<String> served(String group) {
    var list = kubernetes.getApiResources(group + "/" + AgentSandbox.VERSION);
    return list == null
        ? Set.of()
        : list.getResources().stream().map(APIResource::getName).collect(Collectors.toSet());
  }

  private static List<String> all() {
    return List.of(
        name(AgentSandbox.TEMPLATES.getPlural(), AgentSandbox.EXTENSIONS_GROUP),
        name(AgentSandbox.POOLS.getPlural(), AgentSandbox.EXTENSIONS_GROUP),
        name(AgentSandbox.CLAIMS.getPlural(), AgentSandbox.EXTENSIONS_GROUP),
        name(AgentSandbox.SANDBOXES, AgentSandbox.CORE_GROUP));
  }

  private static String name(String plural, String group) {
    return plural + "." + group + "/" + AgentSandbox.VERSION;
  }
}

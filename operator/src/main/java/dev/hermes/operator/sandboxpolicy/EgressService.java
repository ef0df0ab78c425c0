package dev.hermes.operator.sandboxpolicy;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks up the egress proxy's Service, by name and now and then: a ClusterIP does not change while
 * its Service lives, and ten thousand tenants need it.
 */
public final class EgressService implements Supplier<EgressProxy> {
  private static final Logger log = LoggerFactory.getLogger(EgressService.class);

  private final KubernetesClient kubernetes;
  private final String namespace;
  private final Optional<String> name;
  private final Runnable onChange;
  private volatile EgressProxy current;

  /**
   * @param name of the Service; empty: the installation has no egress proxy
   * @param onChange called when the proxy came, went or has another address
   */
  public EgressService(
      KubernetesClient kubernetes, String namespace, Optional<String> name, Runnable onChange) {
    this.kubernetes = kubernetes;
    this.namespace = namespace;
    this.name = name;
    this.onChange = onChange;
    this.current =
        name.isPresent()
            ? new EgressProxy.Missing("the Service of the egress proxy was not looked up yet")
            : new EgressProxy.Disabled();
  }

  @Override
  public EgressProxy get() {
    return current;
  }

  /** One look; called every ten seconds. */
  public void poll() {
    if (name.isEmpty()) {
      return;
    }
    EgressProxy now;
    try {
      now =
          of(
              namespace,
              name.get(),
              kubernetes.services().inNamespace(namespace).withName(name.get()).get());
    } catch (KubernetesClientException e) {
      // nothing is known to have changed: what was found last time holds
      log.warn("the Service of the egress proxy cannot be looked up: {}", e.getMessage());
      return;
    }
    boolean changed = !now.equals(current);
    current = now;
    if (changed) {
      log.info("egress proxy: {}", now);
      onChange.run();
    }
  }

  static EgressProxy of(String namespace, String name, @Nullable Service service) {
    if (service == null) {
      return new EgressProxy.Missing("Service " + namespace + "/" + name + " does not exist");
    }
    String ip = service.getSpec().getClusterIP();
    if (ip == null || ip.isEmpty() || "None".equals(ip)) {
      return new EgressProxy.Missing(
          "Service " + namespace + "/" + name + " has no ClusterIP, and sandboxes have no DNS");
    }
    int port = service.getSpec().getPorts().getFirst().getPort();
    return new EgressProxy.At((ip.contains(":") ? "[" + ip + "]" : ip) + ":" + port);
  }
}

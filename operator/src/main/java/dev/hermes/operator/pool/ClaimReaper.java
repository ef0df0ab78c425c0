package dev.hermes.operator.pool;

import dev.hermes.operator.kube.Deletion;
import dev.hermes.operator.provision.Leases;
import dev.hermes.sandbox.agent.AgentSandbox;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * Deletes SandboxClaims whose leases ended, that no lease knows, or whose tenant may have no
 * sandbox; their pods go with them. For the pool's thread.
 */
final class ClaimReaper {
  /** A claim waits at most a minute for its pod, and its lease knows it all the while. */
  static final Duration ORPHAN_AFTER = Duration.ofMinutes(2);

  private final KubernetesClient kubernetes;
  private final BooleanSupplier served;
  private final Leases leases;
  private final Deletion deletion;
  private final AgentObjects claims;

  ClaimReaper(KubernetesClient kubernetes, BooleanSupplier served, Leases leases) {
    this.kubernetes = kubernetes;
    this.served = served;
    this.leases = leases;
    this.deletion = new Deletion(kubernetes);
    this.claims = new AgentObjects(kubernetes, AgentSandbox.CLAIMS);
  }

  /** Ends the claim of a lease that is over, if there is one. */
  void end(String namespace, String name) {
    GenericKubernetesResource claim =
        kubernetes
            .genericKubernetesResources(AgentSandbox.CLAIMS)
            .inNamespace(namespace)
            .withName(name)
            .get();
    if (claim != null) {
      deletion.other(AgentSandbox.CLAIMS, claim);
    }
  }

  /** Ends every claim of a namespace that was there at the last look. */
  void endAll(String namespace) {
    claims.in(namespace).forEach(claims::delete);
  }

  /**
   * Looks at all claims, and ends those that no lease knows, by the claim's UID or by its pod's.
   *
   * @param pods of every tenant
   */
  void look(List<Pod> pods, Instant now) {
    if (!served.getAsBoolean()) {
      return;
    }
    claims.look();
    claims
        .all()
        .forEach((namespace, here) -> {
          if (here.stream().anyMatch(claim -> isOld(claim, now))) {
            orphans(here, leases.live(namespace), pods, now).forEach(claims::delete);
          }
        });
  }

  /**
   * Which claims of a namespace nobody holds; pure.
   *
   * @param live UIDs that leases hold: of a claim that still waits for its pod, else of the pod
   */
  static List<GenericKubernetesResource> orphans(
      List<GenericKubernetesResource> claims, Set<String> live, List<Pod> pods, Instant now) {
    Set<String> held =
        pods.stream()
            .filter(pod -> live.contains(pod.getMetadata().getUid()))
            .map(pod -> AgentSandbox.claimOf(PodFacts.sandboxId(pod)))
            .collect(Collectors.toSet());
    return claims.stream()
        .filter(claim -> isOld(claim, now))
        .filter(claim -> !live.contains(claim.getMetadata().getUid()))
        .filter(claim -> !held.contains(claim.getMetadata().getName()))
        .toList();
  }

  private static boolean isOld(GenericKubernetesResource claim, Instant now) {
    return Instant.parse(claim.getMetadata().getCreationTimestamp())
        .plus(ORPHAN_AFTER)
        .isBefore(now);
  }
}

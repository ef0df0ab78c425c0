package dev.hermes.operator.pool;

import dev.hermes.operator.kube.Deletion;
import dev.hermes.operator.provision.EndedLease;
import dev.hermes.operator.provision.Leases;
import dev.hermes.sandbox.agent.AgentSandbox;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes the pods of leases that ended, and claimed pods that no lease knows. */
final class LeaseReaper {
  private static final Logger log = LoggerFactory.getLogger(LeaseReaper.class);

  /** A claim writes the pod first and its lease right after; a pod this long without is lost. */
  static final Duration ORPHAN_AFTER = Duration.ofSeconds(60);

  private final Leases leases;
  private final Deletion deletion;
  private final ClaimReaper claims;
  private final Map<String, Instant> claimedSince = new HashMap<>();

  LeaseReaper(Leases leases, Deletion deletion, ClaimReaper claims) {
    this.leases = leases;
    this.deletion = deletion;
    this.claims = claims;
  }

  void endLeases() {
    for (EndedLease lease : leases.over()) {
      try {
        end(lease);
        leases.close(lease.podUid());
        log.info("lease over, pod {}/{} deleted", lease.namespace(), lease.podName());
      } catch (KubernetesClientException e) {
        // the next look tries again; the other leases need not wait for it
        log.warn("lease over, pod {}/{}: {}", lease.namespace(), lease.podName(), e.getMessage());
      }
    }
  }

  /** A claim takes its pod along; the pod alone would only be replaced. */
  private void end(EndedLease lease) {
    if (AgentSandbox.isClaim(lease.podName())) {
      claims.end(lease.namespace(), lease.podName());
    } else {
      deletion.pod(lease.namespace(), lease.podName(), lease.podUid());
    }
  }

  void deleted(Pod pod) {
    if (PodFacts.isClaimed(pod)) {
      leases.close(pod.getMetadata().getUid());
    }
  }

  void deleteOrphans(List<Pod> pods, Instant now) {
    Map<String, List<Pod>> candidates =
        pods.stream()
            .filter(pod -> PodFacts.isClaimed(pod) && !PodFacts.isLeaving(pod))
            // their end is the end of their claims
            .filter(pod -> !PodFacts.isOthers(pod))
            .filter(pod -> isOld(pod, now))
            .collect(Collectors.groupingBy(pod -> pod.getMetadata().getNamespace()));
    Set<String> present =
        pods.stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
    claimedSince.keySet().retainAll(present);
    candidates.forEach((namespace, claimed) -> {
      Set<String> live = leases.live(namespace);
      claimed.stream()
          .filter(pod -> !live.contains(pod.getMetadata().getUid()))
          .forEach(pod -> deleteOrphan(namespace, pod));
    });
  }

  private boolean isOld(Pod pod, Instant now) {
    Instant since = claimedSince.putIfAbsent(pod.getMetadata().getUid(), now);
    return Objects.requireNonNullElse(since, now).plus(ORPHAN_AFTER).isBefore(now);
  }

  private void deleteOrphan(String namespace, Pod pod) {
    deletion.pod(namespace, pod.getMetadata().getName(), pod.getMetadata().getUid());
    leases.close(pod.getMetadata().getUid());
    log.info("claimed pod {}/{} without a lease deleted", namespace, pod.getMetadata().getName());
  }
}

package dev.hermes.operator.pool;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.sandbox.create.OnePod;
import dev.hermes.sandbox.pod.SandboxPod;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes warm pods: never one twice, and slower after each that failed. For the pool's thread. */
final class PodMaker {
  private static final Logger log = LoggerFactory.getLogger(PodMaker.class);

  /** The status of an exception that no answer of the API server caused. */
  private static final int NO_ANSWER = 0;

  private final KubernetesClient kubernetes;
  private final Supplier<String> publicKeys;
  private final InFlight inFlight;
  private final Backoff backoff = new Backoff();

  /** Namespaces where a pod may have been made that nobody knows of. */
  private final Set<String> doubtful = new HashSet<>();

  PodMaker(KubernetesClient kubernetes, Supplier<String> publicKeys, InFlight inFlight) {
    this.kubernetes = kubernetes;
    this.publicKeys = publicKeys;
    this.inFlight = inFlight;
  }

  /**
   * A create that got no answer, however often it was sent, may have made a pod all the same. The
   * cache may be late; the API server knows.
   */
  void settleDoubts(String namespace, Instant now) {
    if (!doubtful.contains(namespace)) {
      return;
    }
    kubernetes
        .pods()
        .inNamespace(namespace)
        .withLabel(Names.SANDBOX_STATE)
        .list()
        .getItems()
        .forEach(pod -> inFlight.created(pod, now));
    doubtful.remove(namespace);
  }

  /**
   * Learns from the pods there are: one that ended unclaimed, evicted or crashed, would be followed
   * by the next at once and for ever.
   */
  void judge(PoolTarget target, List<Pod> pods, Instant now) {
    for (Pod pod : pods) {
      String key = key(target, PodFacts.label(pod, Names.POLICY));
      if (PodFacts.isWarm(pod) && PodFacts.hasEnded(pod)) {
        backoff.refused(key, now);
      } else if (PodFacts.isReady(pod)) {
        backoff.worked(key);
      }
    }
  }

  void create(PoolTarget target, EffectivePolicy policy, Instant now) {
    String key = key(target, policy.name());
    if (!backoff.isOver(key, now)) {
      return;
    }
    try {
      Pod pod =
          OnePod.create(
              kubernetes,
              SandboxPod.desired(
                  SandboxPodRequest.warm(
                      target.tenantId(),
                      target.tenantName(),
                      target.namespace(),
                      policy,
                      publicKeys.get())));
      inFlight.created(pod, now);
      log.info("warm pod {} created", pod.getMetadata().getName());
    } catch (KubernetesClientException e) {
      if (e.getCode() == NO_ANSWER) {
        doubtful.add(target.namespace());
      }
      backoff.refused(key, now);
      log.warn("warm pod of policy {} refused: {}", policy.name(), e.getMessage());
    }
  }

  private static String key(PoolTarget target, String policy) {
    return target.tenantUid() + "/" + policy;
  }
}

package dev.hermes.operator.pool;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Pods that were created or deleted a moment ago, whatever the cache still says; without it a slow
 * watch would have each pod made twice.
 */
final class InFlight {
  private static final Duration AT_MOST = Duration.ofSeconds(30);

  private record Entry(Pod pod, Instant since) {}

  private final Map<String, Entry> created = new HashMap<>();
  private final Map<String, Entry> deleted = new HashMap<>();

  void created(Pod pod, Instant now) {
    created.put(pod.getMetadata().getUid(), new Entry(pod, now));
  }

  void deleted(Pod pod, Instant now) {
    deleted.put(pod.getMetadata().getUid(), new Entry(pod, now));
  }

  /** The pods of a namespace as they are once the cache has caught up. */
  List<Pod> correct(String namespace, List<Pod> cached, Instant now) {
    created.values().removeIf(entry -> entry.since().plus(AT_MOST).isBefore(now));
    deleted.values().removeIf(entry -> entry.since().plus(AT_MOST).isBefore(now));
    Set<String> known =
        cached.stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
    created.keySet().removeIf(known::contains);
    List<Pod> pods = new ArrayList<>(cached);
    for (Entry entry : created.values()) {
      if (entry.pod().getMetadata().getNamespace().equals(namespace)) {
        pods.add(entry.pod());
      }
    }
    pods.removeIf(pod -> deleted.containsKey(pod.getMetadata().getUid()));
    return pods;
  }
}

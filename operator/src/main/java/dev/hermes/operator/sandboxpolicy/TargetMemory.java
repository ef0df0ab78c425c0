package dev.hermes.operator.sandboxpolicy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Remembers which targets answered lately: one lost packet must neither stop all sandboxes nor,
 * since targets are arguments of the pods, replace every warm pod.
 */
final class TargetMemory {
  static final Duration REQUIRED_WITHIN = Duration.ofSeconds(30);
  static final Duration KEPT_FOR = Duration.ofMinutes(5);
  private static final List<String> REQUIRED = List.of("apiserver", "canary");

  private record Seen(String name, Instant answered) {}

  private final TreeMap<String, Seen> byAddress = new TreeMap<>();

  /** One target of a report. */
  record Target(String name, String address, boolean answers) {}

  void report(List<Target> targets, Instant now) {
    for (Target target : targets) {
      if (target.answers()) {
        byAddress.put(target.address(), new Seen(target.name(), now));
      }
    }
  }

  DenyTargets at(Instant now) {
    byAddress.values().removeIf(seen -> seen.answered().plus(KEPT_FOR).isBefore(now));
    Stream<String> silent =
        REQUIRED.stream()
            .filter(name ->
                byAddress.values().stream()
                    .noneMatch(seen ->
                        seen.name().equals(name)
                            && !seen.answered().plus(REQUIRED_WITHIN).isBefore(now)));
    List<String> missing = silent.toList();
    return new DenyTargets(
        List.copyOf(byAddress.keySet()),
        missing.isEmpty()
            ? Optional.empty()
            : Optional.of("no answer by way of the network canary from " + missing));
  }
}

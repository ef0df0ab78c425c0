package dev.hermes.operator.sandboxpolicy;

import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/** What a RuntimeClass merges into the scheduling of its pods, in the words of admission. */
final class MergedScheduling {
  private MergedScheduling() {}

  static List<String> of(RuntimeClass runtimeClass) {
    if (runtimeClass.getScheduling() == null) {
      return List.of();
    }
    TreeSet<String> entries = new TreeSet<>();
    runtimeClass
        .getScheduling()
        .getNodeSelector()
        .forEach((key, value) -> entries.add(key + "=" + value));
    runtimeClass.getScheduling().getTolerations().forEach(t -> entries.add(toleration(t)));
    return List.copyOf(entries);
  }

  private static String toleration(Toleration toleration) {
    String key = Objects.requireNonNullElse(toleration.getKey(), "");
    String value = toleration.getValue();
    String effect = Objects.requireNonNullElse(toleration.getEffect(), "");
    return key + (value == null || value.isEmpty() ? "" : "=" + value) + ":" + effect;
  }
}

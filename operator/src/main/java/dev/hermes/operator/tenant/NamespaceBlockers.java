package dev.hermes.operator.tenant;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceCondition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What keeps a namespace from going, as the namespace controller tells it; pure. Foreign finalizers
 * are named and never removed.
 */
final class NamespaceBlockers {
  private static final Set<String> BLOCKING =
      Set.of(
          "NamespaceFinalizersRemaining",
          "NamespaceDeletionDiscoveryFailure",
          "NamespaceDeletionGroupVersionParsingFailure",
          "NamespaceDeletionContentFailure");
  private static final int MAX = 500;

  private NamespaceBlockers() {}

  /** Empty while it stays, or goes without hindrance. */
  static Optional<String> of(Namespace namespace) {
    if (namespace.getMetadata().getDeletionTimestamp() == null) {
      return Optional.empty();
    }
    List<String> found = new ArrayList<>();
    for (String finalizer : namespace.getMetadata().getFinalizers()) {
      found.add("finalizer " + finalizer + " of the namespace");
    }
    if (namespace.getStatus() != null) {
      for (NamespaceCondition condition : namespace.getStatus().getConditions()) {
        if (BLOCKING.contains(condition.getType()) && "True".equals(condition.getStatus())) {
          found.add(condition.getMessage());
        }
      }
    }
    if (found.isEmpty()) {
      return Optional.empty();
    }
    String text =
        "namespace "
            + namespace.getMetadata().getName()
            + " cannot go: "
            + String.join("; ", found)
            + ". Whoever set this has to take it away";
    return Optional.of(text.length() > MAX ? text.substring(0, MAX) : text);
  }
}

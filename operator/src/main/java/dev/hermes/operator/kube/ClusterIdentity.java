package dev.hermes.operator.kube;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Optional;
import java.util.Set;

/**
 * Which cluster this is, for a database that may outlive it: the UID of its namespace kube-system,
 * which a rebuilt cluster does not share.
 *
 * @param takesOver clusters that the platform has declared to be gone; their tenants may be adopted
 */
public record ClusterIdentity(String uid, Set<String> takesOver) {
  /** Stands in {@code takesOver} for rows written before clusters were recorded. */
  public static final String UNRECORDED = "unrecorded";

  public static ClusterIdentity read(KubernetesClient kubernetes, Set<String> takesOver) {
    Namespace system = kubernetes.namespaces().withName("kube-system").get();
    if (system == null) {
      throw new IllegalStateException("the cluster has no namespace kube-system to know it by");
    }
    return new ClusterIdentity(system.getMetadata().getUid(), takesOver);
  }

  /** Whether objects of that cluster are here, where they can be looked for, or gone for good. */
  public boolean mayAnswerFor(Optional<String> cluster) {
    String other = cluster.orElse(UNRECORDED);
    return uid.equals(other) || takesOver.contains(other);
  }
}

package dev.hermes.operator.provision;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * The number that every SQL write of this process carries; a newer leader's is higher, and the
 * database refuses lower ones. It grows with the lease's transitions and, should somebody delete
 * the lease, with its creation time; both are the API server's, so no clock of ours matters.
 */
public final class LeaderEpoch implements LongSupplier {
  private static final long TRANSITIONS = 1_000_000;

  private final KubernetesClient kubernetes;
  private final String namespace;
  private final String leaseName;
  private final String identity;
  private volatile long epoch;

  public LeaderEpoch(
      KubernetesClient kubernetes, String namespace, String leaseName, String identity) {
    this.kubernetes = kubernetes;
    this.namespace = namespace;
    this.leaseName = leaseName;
    this.identity = identity;
  }

  /** Read once, at the first write: a process that loses the lease ends. */
  @Override
  public long getAsLong() {
    if (epoch == 0) {
      epoch = read();
    }
    return epoch;
  }

  private long read() {
    Lease lease =
        kubernetes.resources(Lease.class).inNamespace(namespace).withName(leaseName).get();
    if (lease == null || !Objects.equals(identity, lease.getSpec().getHolderIdentity())) {
      throw new IllegalStateException("this process does not hold the lease " + leaseName);
    }
    return of(lease);
  }

  static long of(Lease lease) {
    long created = Instant.parse(lease.getMetadata().getCreationTimestamp()).getEpochSecond();
    Integer transitions = lease.getSpec().getLeaseTransitions();
    return created * TRANSITIONS + (transitions == null ? 0 : transitions) + 1;
  }
}

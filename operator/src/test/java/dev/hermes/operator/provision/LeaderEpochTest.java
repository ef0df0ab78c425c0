package dev.hermes.operator.provision;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LeaderEpochTest {
  private static Lease lease(String created, Integer transitions) {
    return new LeaseBuilder()
        .withNewMetadata()
        .withCreationTimestamp(created)
        .endMetadata()
        .withNewSpec()
        .withLeaseTransitions(transitions)
        .endSpec()
        .build();
  }

  @Test
  @DisplayName("every new leader has a higher epoch, also after the lease was deleted")
  void grows() {
    long first = LeaderEpoch.of(lease("2026-08-01T12:00:00Z", null));
    long second = LeaderEpoch.of(lease("2026-08-01T12:00:00Z", 1));
    long deletedAndMadeAnew = LeaderEpoch.of(lease("2026-08-02T12:00:00Z", 0));

    assertThat(first).isPositive();
    assertThat(second).isGreaterThan(first);
    assertThat(deletedAndMadeAnew).isGreaterThan(second);
  }
}

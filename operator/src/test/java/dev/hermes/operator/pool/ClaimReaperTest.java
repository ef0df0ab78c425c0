package dev.hermes.operator.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Names;
import dev.hermes.operator.testing.Fixtures;
import dev.hermes.sandbox.agent.AgentSandbox;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ClaimReaperTest {
  private static GenericKubernetesResource claim(String uid, Duration age) {
    return new GenericKubernetesResourceBuilder()
        .withNewMetadata()
        .withName(AgentSandbox.claimOf(uid))
        .withUid(uid)
        .withCreationTimestamp(Fixtures.NOW.minus(age).toString())
        .endMetadata()
        .build();
  }

  private static Pod pod(String uid, String sandboxId) {
    return new PodBuilder()
        .withNewMetadata()
        .withUid(uid)
        .addToAnnotations(Names.SANDBOX_ID, sandboxId)
        .endMetadata()
        .build();
  }

  @Test
  @DisplayName("SBX-18 a claim is held by its own UID while it waits, by its pod's from then on")
  void held() {
    Duration old = ClaimReaper.ORPHAN_AFTER.plusSeconds(1);

    assertThat(
            ClaimReaper.orphans(
                List.of(claim("waits", old), claim("runs", old), claim("lost", old)),
                Set.of("waits", "pod-1"),
                List.of(pod("pod-1", "runs"), pod("pod-2", "lost")),
                Fixtures.NOW))
        .extracting(claim -> claim.getMetadata().getUid())
        .containsExactly("lost");
  }

  @Test
  @DisplayName("SBX-18 a claim that was made a moment ago may not be in its lease yet")
  void young() {
    assertThat(
            ClaimReaper.orphans(
                List.of(claim("new", ClaimReaper.ORPHAN_AFTER)), Set.of(), List.of(), Fixtures.NOW))
        .isEmpty();
  }
}

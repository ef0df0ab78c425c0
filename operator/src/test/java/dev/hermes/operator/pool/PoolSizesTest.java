package dev.hermes.operator.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.operator.testing.Fixtures;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolSizesTest {
  private static final Instant NOW = Fixtures.NOW;
  private static final EffectivePolicy POLICY = Fixtures.policy("default", 2, 50);

  private static PoolTarget target(int maxConcurrent, EffectivePolicy... policies) {
    return new PoolTarget("uid", "acme", "id", "ns", maxConcurrent, List.of(policies), false);
  }

  private static PoolUse burst(int claims, Duration ago) {
    return PoolUse.since(Instant.EPOCH).used(claims, NOW.minus(ago));
  }

  private static PoolSizes sizes(PoolTarget target, PoolUse use, Pod... pods) {
    return PoolSizes.of(target, List.of(pods), policy -> use, NOW);
  }

  private static Pod pod(String state, boolean unschedulable) {
    return new PodBuilder()
        .withNewMetadata()
        .addToLabels(Names.POLICY, "default")
        .addToLabels(Names.SANDBOX_STATE, state)
        .endMetadata()
        .withNewStatus()
        .withPhase("Pending")
        .addNewCondition()
        .withType("PodScheduled")
        .withStatus(unschedulable ? "False" : "True")
        .withReason(unschedulable ? "Unschedulable" : null)
        .endCondition()
        .endStatus()
        .build();
  }

  @Test
  @DisplayName("without claims a pool has pool.warm pods")
  void base() {
    assertThat(sizes(target(20, POLICY), PoolUse.since(NOW)).warm())
        .isEqualTo(Map.of("default", 2));
  }

  @ParameterizedTest(name = "{0} claims {1} s ago, at most {2} at one time: {3} warm")
  @CsvSource({"1, 1, 20, 2", "7, 1, 20, 7", "7, 299, 20, 7", "7, 301, 20, 2", "30, 1, 20, 20"})
  void demand(int claims, int ago, int most, int warm) {
    PoolSizes sizes = sizes(target(most, POLICY), burst(claims, Duration.ofSeconds(ago)));

    assertThat(sizes.warm()).isEqualTo(Map.of("default", warm));
  }

  @Test
  @DisplayName("claims that come one by one need no more than those of ten seconds")
  void steady() {
    PoolUse use = PoolUse.since(NOW);
    for (int i = 60; i > 0; i--) {
      use = use.used(1, NOW.minusSeconds(4L * i));
    }

    assertThat(use.peak(NOW)).isEqualTo(3);
  }

  @Test
  @DisplayName("what grows fits what the tenant may still claim, over all its policies")
  void quota() {
    EffectivePolicy other = Fixtures.policy("other", 1, 50);
    List<Pod> claimed = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      claimed.add(pod(Names.CLAIMED, false));
    }

    PoolSizes sizes =
        PoolSizes.of(
            target(10, POLICY, other), claimed, policy -> burst(9, Duration.ofSeconds(1)), NOW);

    // 10 at one time, 4 are claimed, 3 are kept: 3 more
    assertThat(sizes.warm()).isEqualTo(Map.of("default", 5, "other", 1));
  }

  @Test
  @DisplayName("a full node is not asked for more: a burst counts again when the pods found room")
  void crowded() {
    PoolUse use = burst(9, Duration.ofSeconds(1));

    assertThat(sizes(target(20, POLICY), use, pod(Names.WARM, true)).warm())
        .isEqualTo(Map.of("default", 2));
    assertThat(sizes(target(20, POLICY), use, pod(Names.WARM, false)).warm())
        .isEqualTo(Map.of("default", 9));
  }

  @Test
  @DisplayName("after idleScaleDownSeconds nothing is kept; a second earlier, or with 0, all of it")
  void rest() {
    PoolSizes resting = sizes(target(20, POLICY), PoolUse.since(NOW.minusSeconds(901)));
    assertThat(resting).isEqualTo(new PoolSizes(Map.of("default", 0), Set.of("default")));

    PoolSizes awake = sizes(target(20, POLICY), PoolUse.since(NOW.minusSeconds(900)));
    assertThat(awake).isEqualTo(new PoolSizes(Map.of("default", 2), Set.of()));

    assertThat(PoolUse.since(Instant.EPOCH).isAtRest(0, NOW)).isFalse();
  }

  @Test
  @DisplayName("pool.warm 0 stays 0 through a burst, and such a policy does not rest")
  void none() {
    PoolTarget target = target(20, Fixtures.policy("default", 0, 50));

    assertThat(sizes(target, burst(9, Duration.ofSeconds(1))).warm())
        .isEqualTo(Map.of("default", 0));
    assertThat(sizes(target, PoolUse.since(Instant.EPOCH)).atRest()).isEmpty();
  }
}

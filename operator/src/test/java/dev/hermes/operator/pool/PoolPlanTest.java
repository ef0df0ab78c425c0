package dev.hermes.operator.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.operator.testing.Fixtures;
import dev.hermes.sandbox.pod.SandboxPod;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PoolPlanTest {
  private static final Instant NOW = Fixtures.NOW;
  private static final EffectivePolicy POLICY = Fixtures.policy("default", 2, 5);

  private static PoolTarget target(EffectivePolicy... policies) {
    return new PoolTarget("uid", "acme", "id", "ns", 20, List.of(policies), false);
  }

  /** The plan of a tenant whose last claim was a minute ago. */
  private static PoolPlan plan(PoolTarget target, List<Pod> pods, Instant now) {
    PoolUse use = PoolUse.since(now.minusSeconds(60));
    return PoolPlan.of(target, pods, PoolSizes.of(target, pods, policy -> use, now), now);
  }

  private static Pod pod(String name, String state, boolean ready, Duration age) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace("ns")
        .withUid(name)
        .withCreationTimestamp(NOW.minus(age).toString())
        .addToLabels(Names.POLICY, "default")
        .addToLabels(Names.SANDBOX_STATE, state)
        .addToAnnotations(Names.POLICY_HASH, SandboxPod.policyHash(POLICY))
        .endMetadata()
        .withNewStatus()
        .withPhase("Running")
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready ? "True" : "False")
        .withLastTransitionTime(NOW.minus(age).toString())
        .endCondition()
        .endStatus()
        .build();
  }

  private static Pod warm(String name) {
    return pod(name, Names.WARM, true, Duration.ofMinutes(10));
  }

  private static Pod claimed(String name) {
    return pod(name, Names.CLAIMED, true, Duration.ofMinutes(10));
  }

  private static Pod ended(Pod pod) {
    return new PodBuilder(pod).editStatus().withPhase("Failed").endStatus().build();
  }

  private static List<String> names(List<Pod> pods) {
    return pods.stream().map(pod -> pod.getMetadata().getName()).toList();
  }

  @Test
  @DisplayName("an empty pool gets all its warm pods")
  void fill() {
    PoolPlan plan = plan(target(POLICY), List.of(), NOW);

    assertThat(plan.create()).containsExactly(POLICY, POLICY);
    assertThat(plan.delete()).isEmpty();
  }

  @Test
  @DisplayName("pods that start count; claimed ones do not")
  void refill() {
    PoolPlan plan =
        plan(
            target(POLICY),
            List.of(pod("a", Names.WARM, false, Duration.ofSeconds(5)), claimed("b")),
            NOW);

    assertThat(plan.create()).hasSize(1);
  }

  @Test
  @DisplayName("warm and claimed pods together stay below pool.max")
  void most() {
    List<Pod> pods = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      pods.add(claimed("c" + i));
    }

    assertThat(plan(target(POLICY), pods, NOW).create()).hasSize(1);
    pods.add(claimed("c4"));
    assertThat(plan(target(POLICY), pods, NOW).create()).isEmpty();
  }

  @Test
  @DisplayName("nothing is made or replaced while the policy is unavailable")
  void unavailable() {
    PoolPlan plan =
        plan(
            target(Fixtures.policy("default", 2, 5, "CanaryUnreachable")), List.of(warm("a")), NOW);

    assertThat(plan).isEqualTo(new PoolPlan(List.of(), List.of()));
  }

  @Test
  @DisplayName("a warm pod of another policy hash is replaced, a claimed one is left to its owner")
  void recycle() {
    EffectivePolicy changed = Fixtures.policy("default", 1, 5);
    EffectivePolicy other =
        new EffectivePolicy(
            "default",
            changed.image(),
            "other-runtime",
            changed.tools(),
            changed.resources(),
            changed.limits(),
            changed.pool(),
            changed.denyTargets(),
            changed.network(),
            null,
            null,
            Backend.Pod);

    PoolPlan plan = plan(target(other), List.of(warm("a"), claimed("b")), NOW);

    assertThat(names(plan.delete())).containsExactly("a");
    assertThat(plan.create()).containsExactly(other);
  }

  @Test
  @DisplayName("surplus warm pods go, those that still start first, then the youngest")
  void surplus() {
    PoolPlan plan =
        plan(
            target(Fixtures.policy("default", 1, 5)),
            List.of(
                pod("young", Names.WARM, true, Duration.ofMinutes(1)),
                pod("starting", Names.WARM, false, Duration.ofMinutes(3)),
                pod("old", Names.WARM, true, Duration.ofMinutes(9))),
            NOW);

    assertThat(names(plan.delete())).containsExactly("young", "starting");
  }

  @Test
  @DisplayName("an ended warm pod is replaced at once; an ended claimed one stays a minute")
  void finished() {
    Pod lately = ended(pod("b", Names.CLAIMED, false, Duration.ofSeconds(20)));
    Pod longAgo = ended(pod("c", Names.CLAIMED, false, Duration.ofMinutes(2)));

    PoolPlan plan = plan(target(POLICY), List.of(ended(warm("a")), lately, longAgo), NOW);

    assertThat(names(plan.delete())).containsExactly("a", "c");
    assertThat(plan.create()).hasSize(2);
  }

  @Test
  @DisplayName("a pod whose start gate has not passed for five minutes is replaced")
  void stuck() {
    PoolPlan plan =
        plan(
            target(Fixtures.policy("default", 1, 5)),
            List.of(pod("a", Names.WARM, false, Duration.ofMinutes(6))),
            NOW);

    assertThat(names(plan.delete())).containsExactly("a");
    assertThat(plan.create()).hasSize(1);
  }

  @Test
  @DisplayName("a suspended tenant keeps no sandbox, claimed ones included")
  void drained() {
    PoolTarget drained = new PoolTarget("uid", "acme", "id", "ns", 20, List.of(POLICY), true);

    PoolPlan plan = plan(drained, List.of(warm("a"), claimed("b")), NOW);

    assertThat(names(plan.delete())).containsExactly("a", "b");
    assertThat(plan.create()).isEmpty();
  }

  @Test
  @DisplayName("warm pods of a policy that the tenant no longer lists go")
  void unlisted() {
    PoolPlan plan =
        plan(target(Fixtures.policy("other", 0, 5)), List.of(warm("a"), claimed("b")), NOW);

    assertThat(names(plan.delete())).containsExactly("a");
  }

  @Test
  @DisplayName("what was just made or deleted counts although the cache does not know yet")
  void inFlight() {
    InFlight inFlight = new InFlight();
    inFlight.created(warm("new"), NOW);
    inFlight.deleted(warm("gone"), NOW);

    assertThat(names(inFlight.correct("ns", List.of(warm("gone"), warm("a")), NOW)))
        .containsExactlyInAnyOrder("a", "new");
    assertThat(names(inFlight.correct("other", List.of(), NOW))).isEmpty();
    assertThat(names(inFlight.correct("ns", List.of(), NOW.plusSeconds(31)))).isEmpty();
  }

  @Test
  @DisplayName("refusals are asked again after 2 s, 4 s, … 60 s")
  void backoff() {
    Backoff backoff = new Backoff();
    backoff.refused("k", NOW);
    assertThat(backoff.isOver("k", NOW.plusSeconds(1))).isFalse();
    assertThat(backoff.isOver("k", NOW.plusSeconds(2))).isTrue();
    for (int i = 0; i < 10; i++) {
      backoff.refused("k", NOW);
    }
    assertThat(backoff.isOver("k", NOW.plusSeconds(59))).isFalse();
    assertThat(backoff.isOver("k", NOW.plusSeconds(60))).isTrue();
    backoff.worked("k");
    assertThat(backoff.isOver("k", NOW)).isTrue();
  }

  @Test
  @DisplayName("the cache keeps what is read of a pod and nothing else")
  void trim() {
    Pod trimmed = PodFacts.trim(warm("a"));

    assertThat(PodFacts.isReady(trimmed)).isTrue();
    assertThat(PodFacts.isWarm(trimmed)).isTrue();
    assertThat(PodFacts.policyHash(trimmed)).isEqualTo(SandboxPod.policyHash(POLICY));
    assertThat(PodFacts.created(trimmed)).isEqualTo(NOW.minus(Duration.ofMinutes(10)));
    assertThat(trimmed.getSpec()).isNull();
  }
}

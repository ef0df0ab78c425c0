package dev.hermes.api.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.sandbox.claim.ClaimedPod;
import dev.hermes.sandbox.claim.Creation;
import dev.hermes.sandbox.claim.Readiness;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PodsByBackendTest {
  private static final Claim CLAIM = new Claim("lease-1");

  private final Asked own = new Asked();
  private final Asked agentSandbox = new Asked();
  private final PodSource pods = new PodsByBackend(own, agentSandbox);

  /** Remembers what it was asked for. */
  private static final class Asked implements PodSource {
    private final List<String> calls = new ArrayList<>();

    @Override
    public Optional<ClaimedPod> claimWarm(
        EffectiveTenant tenant, EffectivePolicy policy, Claim claim) {
      calls.add("claimWarm");
      return Optional.empty();
    }

    @Override
    public Creation createCold(EffectiveTenant tenant, EffectivePolicy policy, Claim claim) {
      calls.add("createCold");
      return new Creation.Refused("a test");
    }

    @Override
    public Readiness awaitReady(String namespace, String name, Instant deadline) {
      calls.add("awaitReady " + name);
      return new Readiness.Gone("a test");
    }

    @Override
    public boolean narrow(String namespace, SandboxPodRef pod, Optional<SandboxEgress> egress) {
      calls.add("narrow " + pod.name());
      return true;
    }

    @Override
    public void delete(String namespace, String name, String uid) {
      calls.add("delete " + name);
    }
  }

  private static EffectivePolicy policy(Backend backend) {
    EffectivePolicy like = TestTenant.policy(TestTenant.limits(50), null);
    return new EffectivePolicy(
        like.name(),
        like.image(),
        like.runtimeClassName(),
        like.tools(),
        like.resources(),
        like.limits(),
        like.pool(),
        like.denyTargets(),
        like.network(),
        null,
        null,
        backend);
  }

  private void claim(Backend backend) {
    EffectiveTenant tenant = TestTenant.create().config();
    EffectivePolicy policy = policy(backend);
    pods.claimWarm(tenant, policy, CLAIM);
    pods.createCold(tenant, policy, CLAIM);
  }

  private void hold(String name) throws InterruptedException {
    pods.awaitReady("hermes-demo", name, Instant.EPOCH);
    pods.narrow("hermes-demo", new SandboxPodRef(name, "uid", Optional.empty()), Optional.empty());
    pods.delete("hermes-demo", name, "uid");
  }

  @Test
  @DisplayName("SBX-18 a new sandbox is of the backend that its policy names")
  void policy() {
    claim(Backend.AgentSandbox);
    assertThat(agentSandbox.calls).containsExactly("claimWarm", "createCold");
    assertThat(own.calls).isEmpty();

    claim(Backend.Pod);
    assertThat(own.calls).containsExactly("claimWarm", "createCold");
    assertThat(agentSandbox.calls).hasSize(2);
  }

  @Test
  @DisplayName(
      "SBX-18 one that exists is of the backend it was made by, whatever the policy says now")
  void name() throws InterruptedException {
    hold("claim-01980000-0000-7000-8000-00000000abcd");
    assertThat(agentSandbox.calls).hasSize(3);
    assertThat(own.calls).isEmpty();

    // of a policy named claim
    hold("sbx-claim-x7k2p");
    assertThat(own.calls)
        .containsExactly(
            "awaitReady sbx-claim-x7k2p", "narrow sbx-claim-x7k2p", "delete sbx-claim-x7k2p");
  }
}

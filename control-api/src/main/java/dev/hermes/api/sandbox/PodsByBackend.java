package dev.hermes.api.sandbox;

import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.sandbox.agent.AgentSandbox;
import dev.hermes.sandbox.claim.ClaimedPod;
import dev.hermes.sandbox.claim.Creation;
import dev.hermes.sandbox.claim.Readiness;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import java.time.Instant;
import java.util.Optional;

/**
 * The one place that knows of two backends. A new sandbox is of the one its policy names; one that
 * exists is of the one that its name tells, for the policy may have changed since.
 */
final class PodsByBackend implements PodSource {
  private final PodSource own;
  private final PodSource agentSandbox;

  PodsByBackend(PodSource own, PodSource agentSandbox) {
    this.own = own;
    this.agentSandbox = agentSandbox;
  }

  @Override
  public Optional<ClaimedPod> claimWarm(
      EffectiveTenant tenant, EffectivePolicy policy, Claim claim) {
    return of(policy).claimWarm(tenant, policy, claim);
  }

  @Override
  public Creation createCold(EffectiveTenant tenant, EffectivePolicy policy, Claim claim) {
    return of(policy).createCold(tenant, policy, claim);
  }

  @Override
  public Readiness awaitReady(String namespace, String name, Instant deadline)
      throws InterruptedException {
    return of(name).awaitReady(namespace, name, deadline);
  }

  @Override
  public boolean narrow(String namespace, SandboxPodRef pod, Optional<SandboxEgress> egress) {
    return of(pod.name()).narrow(namespace, pod, egress);
  }

  @Override
  public void delete(String namespace, String name, String uid) {
    of(name).delete(namespace, name, uid);
  }

  private PodSource of(EffectivePolicy policy) {
    return switch (policy.backend()) {
      case Pod -> own;
      case AgentSandbox -> agentSandbox;
    };
  }

  private PodSource of(String name) {
    return AgentSandbox.isClaim(name) ? agentSandbox : own;
  }
}

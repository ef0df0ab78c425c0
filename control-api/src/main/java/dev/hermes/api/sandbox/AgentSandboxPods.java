package dev.hermes.api.sandbox;

import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.sandbox.claim.AgentClaims;
import dev.hermes.sandbox.claim.ClaimedPod;
import dev.hermes.sandbox.claim.Creation;
import dev.hermes.sandbox.claim.Readiness;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/** Pods that the controller of agent-sandbox makes; what is held is the claim, by its name. */
final class AgentSandboxPods implements PodSource {
  private final AgentClaims claims;

  AgentSandboxPods(KubernetesClient kubernetes, Clock clock) {
    this.claims = new AgentClaims(kubernetes, clock);
  }

  /** None: whether a claim is given a warm pod is their controller's to decide. */
  @Override
  public Optional<ClaimedPod> claimWarm(
      EffectiveTenant tenant, EffectivePolicy policy, Claim claim) {
    return Optional.empty();
  }

  @Override
  public Creation createCold(EffectiveTenant tenant, EffectivePolicy policy, Claim claim) {
    return claims.create(
        Objects.requireNonNull(tenant.namespace(), "a tenant with a policy has a namespace"),
        tenant.tenantId(),
        policy,
        claim);
  }

  @Override
  public Readiness awaitReady(String namespace, String name, Instant deadline)
      throws InterruptedException {
    return claims.awaitReady(namespace, name, deadline);
  }

  @Override
  public boolean narrow(String namespace, SandboxPodRef pod, Optional<SandboxEgress> egress) {
    return claims.narrow(namespace, pod.name(), pod.uid(), egress);
  }

  @Override
  public void delete(String namespace, String name, String uid) {
    claims.delete(namespace, name);
  }
}

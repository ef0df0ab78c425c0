package dev.hermes.api.sandbox;

import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.sandbox.claim.ClaimedPod;
import dev.hermes.sandbox.claim.Claims;
import dev.hermes.sandbox.claim.Creation;
import dev.hermes.sandbox.claim.Readiness;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/** Pods of the cluster this process runs in. */
final class KubernetesPods implements PodSource {
  private final Claims claims;
  private final String publicKeys;

  KubernetesPods(KubernetesClient kubernetes, Clock clock, String publicKeys) {
    this.claims = new Claims(kubernetes, clock);
    this.publicKeys = publicKeys;
  }

  @Override
  public Optional<ClaimedPod> claimWarm(
      EffectiveTenant tenant, EffectivePolicy policy, Claim claim) {
    return claims.claimWarm(namespace(tenant), tenant.tenantId(), policy, claim);
  }

  @Override
  public Creation createCold(EffectiveTenant tenant, EffectivePolicy policy, Claim claim) {
    return claims.createCold(
        SandboxPodRequest.claimed(
            tenant.tenantId(), tenant.name(), namespace(tenant), policy, publicKeys, claim));
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
    claims.delete(namespace, name, uid);
  }

  private static String namespace(EffectiveTenant tenant) {
    return Objects.requireNonNull(tenant.namespace(), "a tenant with a policy has a namespace");
  }
}

package dev.hermes.api.sandbox;

import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.sandbox.claim.ClaimedPod;
import dev.hermes.sandbox.claim.Creation;
import dev.hermes.sandbox.claim.Readiness;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import java.time.Instant;
import java.util.Optional;

/** Where sandbox pods come from. Kubernetes, but for tests, which run the daemon as a process. */
interface PodSource {
  Optional<ClaimedPod> claimWarm(EffectiveTenant tenant, EffectivePolicy policy, Claim claim);

  Creation createCold(EffectiveTenant tenant, EffectivePolicy policy, Claim claim);

  Readiness awaitReady(String namespace, String name, Instant deadline) throws InterruptedException;

  /** Changes what a claimed pod may reach of what its policy allows; false: the pod has gone. */
  boolean narrow(String namespace, SandboxPodRef pod, Optional<SandboxEgress> egress);

  void delete(String namespace, String name, String uid);
}

package dev.hermes.api.sandbox;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.sandbox.claim.ClaimedPod;
import dev.hermes.sandbox.claim.Creation;
import dev.hermes.sandbox.claim.Readiness;
import java.time.Instant;
import java.util.Optional;

/** Where sandbox pods come from. Kubernetes, but for tests, which run the daemon as a process. */
interface PodSource {
  Optional<ClaimedPod> claimWarm(EffectiveTenant tenant, EffectivePolicy policy, String sandboxId);

  Creation createCold(EffectiveTenant tenant, EffectivePolicy policy, String sandboxId);

  Readiness awaitReady(String namespace, String name, Instant deadline) throws InterruptedException;

  void delete(String namespace, String name, String uid);
}

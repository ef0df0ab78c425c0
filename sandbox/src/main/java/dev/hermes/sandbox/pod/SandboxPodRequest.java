package dev.hermes.sandbox.pod;

import dev.hermes.crds.effective.EffectivePolicy;
import java.util.Optional;

/**
 * What decides the shape of a sandbox pod. Nothing of a user or a call is in it: that goes in when
 * code runs.
 *
 * @param publicKeys comma separated base64 of raw 32-byte Ed25519 keys that the daemon trusts
 * @param claim present exactly when the pod is born claimed
 */
public record SandboxPodRequest(
    String tenantId,
    String tenantName,
    String namespace,
    EffectivePolicy policy,
    State state,
    String publicKeys,
    Optional<Claim> claim) {

  public SandboxPodRequest {
    if ((state == State.CLAIMED) != claim.isPresent()) {
      throw new IllegalArgumentException("a pod is claimed exactly when it names its claim");
    }
  }

  /** Whether the pod waits in the pool or has its one user already. */
  public enum State {
    WARM,
    CLAIMED
  }

  /** Claim of a pod made for one lease; {@code sandboxId} is the lease id. */
  public record Claim(String sandboxId) {}

  /** Request of the operator for its pool. */
  public static SandboxPodRequest warm(
      String tenantId,
      String tenantName,
      String namespace,
      EffectivePolicy policy,
      String publicKeys) {
    return new SandboxPodRequest(
        tenantId, tenantName, namespace, policy, State.WARM, publicKeys, Optional.empty());
  }

  /** Request of the API when no pod is warm. */
  public static SandboxPodRequest claimed(
      String tenantId,
      String tenantName,
      String namespace,
      EffectivePolicy policy,
      String publicKeys,
      String sandboxId) {
    return new SandboxPodRequest(
        tenantId,
        tenantName,
        namespace,
        policy,
        State.CLAIMED,
        publicKeys,
        Optional.of(new Claim(sandboxId)));
  }
}

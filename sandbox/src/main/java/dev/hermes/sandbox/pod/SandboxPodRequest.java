package dev.hermes.sandbox.pod;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.egress.SandboxEgress;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

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

  /**
   * Claim of a pod for one lease.
   *
   * @param sandboxId the lease id
   * @param egress what it may reach of what its policy allows; empty: all of that
   */
  public record Claim(String sandboxId, Optional<SandboxEgress> egress) {
    /** Of a sandbox that may reach all that its policy allows. */
    public Claim(String sandboxId) {
      this(sandboxId, Optional.empty());
    }

    /** What the pod's annotations say of it. */
    public Map<String, String> annotations() {
      Map<String, String> annotations = new TreeMap<>();
      annotations.put(Names.SANDBOX_ID, sandboxId);
      egress.ifPresent(it -> annotations.put(Names.SANDBOX_EGRESS, it.annotation()));
      return annotations;
    }
  }

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

  /** As the other one, of a pod that may reach all that its policy allows. */
  public static SandboxPodRequest claimed(
      String tenantId,
      String tenantName,
      String namespace,
      EffectivePolicy policy,
      String publicKeys,
      String sandboxId) {
    return claimed(tenantId, tenantName, namespace, policy, publicKeys, new Claim(sandboxId));
  }

  /** Request of the API when no pod is warm. */
  public static SandboxPodRequest claimed(
      String tenantId,
      String tenantName,
      String namespace,
      EffectivePolicy policy,
      String publicKeys,
      Claim claim) {
    return new SandboxPodRequest(
        tenantId, tenantName, namespace, policy, State.CLAIMED, publicKeys, Optional.of(claim));
  }
}

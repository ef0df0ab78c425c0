package dev.hermes.crds.sandboxpolicy;

/** Who makes the pods of a policy's sandboxes. */
public enum Backend {
  /** This platform itself. */
  Pod,
  /**
   * The controller of the SIG's agent-sandbox, which the cluster's owner installs; this platform
   * writes its SandboxTemplate, SandboxWarmPool and SandboxClaims.
   */
  AgentSandbox
}

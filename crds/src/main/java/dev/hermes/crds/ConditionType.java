package dev.hermes.crds;

/**
 * The condition types that our kinds report; a closed list, so that health checks may rely on it
 * (KEP-1623).
 */
public enum ConditionType {
  Ready,
  Reconciling,
  Stalled,
  // Tenant
  DatabaseReady,
  NamespaceReady,
  NetworkIsolated,
  IsolationVerified,
  Suspended,
  DeletionBlocked,
  // SandboxPolicy
  Accepted,
  RuntimeAvailable,
  LimitsEnforced,
  NetworkPolicyEnforced,
  EgressEnforced,
  // APIKey
  Issued,
  Delivered,
  Expiring,
  Revoked
}

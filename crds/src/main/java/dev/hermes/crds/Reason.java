package dev.hermes.crds;

/**
 * The reasons that conditions carry; a closed list and part of the API: people write alerts and
 * scripts on them.
 */
public enum Reason {
  // good
  Ready,
  Provisioned,
  Verified,
  Passed,
  Issued,
  Delivered,
  Accepted,
  RuntimeFound,
  NotRequired,
  // on the way
  Progressing,
  WaitingForDatabase,
  WaitingForPolicy,
  WaitingForPods,
  WaitingForTenant,
  NotProbed,
  Deleting,
  // wrong
  DataMissing,
  SchemaTooOld,
  DatabaseUnavailable,
  SelfTestFailed,
  NamespaceTaken,
  NamespaceTerminating,
  ApplyRefused,
  PolicyMissing,
  RuntimeClassMissing,
  ImageMissing,
  ImageNotPinned,
  CanaryUnreachable,
  NetworkPolicyNotEnforced,
  TenantMissing,
  TenantSuspended,
  NamespaceNotAllowed,
  RoleNotAllowed,
  ScopeNotAllowed,
  TooManyKeys,
  SecretMissing,
  SecretTaken,
  KeyExpired,
  KeyRevoked,
  ProtectedFromDeletion,
  Suspended,
  Failed
}

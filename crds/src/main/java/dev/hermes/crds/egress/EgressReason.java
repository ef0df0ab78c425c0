package dev.hermes.crds.egress;

/** Why the egress proxy refused or cut something; closed, for it is a metric's tag and audited. */
public enum EgressReason {
  // who asks
  TokenMissing,
  TokenInvalid,
  TokenExpired,
  SandboxUnknown,
  SandboxNotClaimed,
  AddressMismatch,
  TenantUnknown,
  TenantSuspended,
  PolicyUnknown,
  // where to
  HostNotAllowed,
  HostNotInSandboxNetwork,
  AddressLiteral,
  AddressRefused,
  CallbackNotAllowed,
  CallbackPathNotAllowed,
  // what is sent
  NotTls,
  SniMissing,
  SniMismatch,
  EchRefused,
  HelloInvalid,
  RequestInvalid,
  HeaderTooLarge,
  // how much
  TooManyConnections
}

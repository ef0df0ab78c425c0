package dev.hermes.sandbox.claim;

/** What came of waiting for a pod. */
public sealed interface Readiness {
  /** The start gate has opened: the pod may be used. */
  record Ready(ClaimedPod pod) implements Readiness {}

  /** It ended or was deleted; it will not become Ready. */
  record Gone(String reason) implements Readiness {}

  /** The deadline passed; {@code reason} is what the pod was last waiting for. */
  record TimedOut(String reason) implements Readiness {}
}

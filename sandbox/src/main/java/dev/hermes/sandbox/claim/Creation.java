package dev.hermes.sandbox.claim;

/** What came of creating a pod. */
public sealed interface Creation {
  /** The pod is stored; it is not Ready yet. */
  record Created(String name, String uid, String namespace) implements Creation {}

  /** The namespace's quota is used up: try again when a sandbox has ended. */
  record QuotaUsedUp(String message) implements Creation {}

  /** The API server or an admission policy refuses such a pod; trying again does not help. */
  record Refused(String message) implements Creation {}
}

package dev.hermes.operator.sandboxpolicy;

/** How much a policy is used; the pool and the Tenant controller know. */
public record PolicyCounts(int tenants, int warm, int claimed) {}

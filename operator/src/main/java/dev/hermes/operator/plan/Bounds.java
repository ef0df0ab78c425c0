package dev.hermes.operator.plan;

/**
 * The bounds in force for one tenant.
 *
 * @param requestsPerMinute of all its keys together
 * @param maxConcurrentSandboxes claimed at one time
 * @param maxKeys active at one time
 */
public record Bounds(int requestsPerMinute, int maxConcurrentSandboxes, int maxKeys) {}

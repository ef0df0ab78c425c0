package dev.hermes.operator.plan;

import org.jspecify.annotations.Nullable;

/**
 * A plan as the installation's values have it; what it leaves out, the plan {@code default} has.
 */
record Plan(
    @Nullable Integer requestsPerMinute,
    @Nullable Integer maxConcurrentSandboxes,
    @Nullable Integer maxKeys) {}

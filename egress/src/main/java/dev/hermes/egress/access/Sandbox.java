package dev.hermes.egress.access;

import dev.hermes.egress.destination.Narrowing;
import org.jspecify.annotations.Nullable;

/**
 * A sandbox pod that runs, as the cluster last said.
 *
 * @param claimed whether it is in use; a warm one has no business outside
 * @param narrowing what it may reach of what its policy allows
 * @param started RFC 3339; of two pods with one address the younger one has it
 */
public record Sandbox(
    String uid,
    String ip,
    String namespace,
    String pod,
    String tenantName,
    String tenantId,
    String policy,
    @Nullable String sandboxId,
    boolean claimed,
    Narrowing narrowing,
    String started) {}

package dev.hermes.operator.provision;

import java.time.Instant;
import java.util.List;

/**
 * When sandboxes of a policy were claimed in a namespace.
 *
 * @param last the youngest claim
 * @param recent the claims of the last minutes, oldest first
 */
public record ClaimTimes(String namespace, String policy, Instant last, List<Instant> recent) {}

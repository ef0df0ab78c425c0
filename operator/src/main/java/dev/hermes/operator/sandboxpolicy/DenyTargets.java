package dev.hermes.operator.sandboxpolicy;

import java.util.List;
import java.util.Optional;

/**
 * What a new sandbox must be refused before it may be used.
 *
 * @param addresses host:port pairs known to answer from a pod without walls, sorted
 * @param problem why no sandbox may start: a target that answers nobody proves nothing
 */
public record DenyTargets(List<String> addresses, Optional<String> problem) {}

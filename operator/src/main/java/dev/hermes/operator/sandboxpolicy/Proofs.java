package dev.hermes.operator.sandboxpolicy;

import java.util.Map;

/**
 * What is known of one {@link CanarySubject}; a check that is absent was not made yet.
 *
 * @param on whether this installation runs canaries at all
 * @param inherited this process found the subject when it began: what an earlier one proved of it
 *     stands in the status, and holds until the first canary has told
 */
public record Proofs(boolean on, boolean inherited, Map<Check, Finding> findings) {
  public Proofs {
    findings = Map.copyOf(findings);
  }

  /** No canaries. */
  public static Proofs off() {
    return new Proofs(false, false, Map.of());
  }

  /** Nothing told yet. */
  public static Proofs none(boolean inherited) {
    return new Proofs(true, inherited, Map.of());
  }
}

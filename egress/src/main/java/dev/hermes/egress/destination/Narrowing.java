package dev.hermes.egress.destination;

import dev.hermes.crds.egress.SandboxEgress;
import java.util.List;
import java.util.Optional;

/**
 * What one sandbox may reach of what its policy allows. It never allows what the policy does not.
 *
 * @param wanted empty: all that the policy allows
 */
public record Narrowing(Optional<SandboxEgress> wanted) {
  /** All that the policy allows. */
  public static final Narrowing NOT = new Narrowing(Optional.empty());

  /** As the pod's annotation says; one that is not understood lets nothing through. */
  public static Narrowing of(Optional<String> annotation) {
    return new Narrowing(
        annotation.map(text -> SandboxEgress.parse(text).orElse(SandboxEgress.nothing())));
  }

  /** Whether this leaves the destination to the policy to decide. */
  public boolean leaves(Destination asked) {
    return wanted.isEmpty() || fits(wanted.get().destinations(), asked);
  }

  private static boolean fits(List<String> destinations, Destination asked) {
    return destinations.stream().anyMatch(destination -> fits(destination, asked));
  }

  private static boolean fits(String destination, Destination asked) {
    int colon = destination.indexOf(':');
    String name = colon < 0 ? destination : destination.substring(0, colon);
    if (colon >= 0 && Integer.parseInt(destination.substring(colon + 1)) != asked.port()) {
      return false;
    }
    return name.startsWith("*.")
        ? asked.host().endsWith(name.substring(1)) && asked.host().length() >= name.length()
        : asked.host().equals(name);
  }
}

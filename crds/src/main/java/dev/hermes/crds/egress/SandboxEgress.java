package dev.hermes.crds.egress;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What one sandbox may reach of what its policy allows: never more than that. The control API
 * writes it on the pod as an annotation, the egress proxy reads it there. A pod without one may
 * reach all that its policy allows.
 *
 * @param destinations {@code name}, {@code name:port}, {@code *.suffix} or {@code *.suffix:port},
 *     where no port means any; sorted, none twice; empty: nothing
 */
public record SandboxEgress(List<String> destinations) {
  /** Most destinations. */
  public static final int MOST = 64;

  /** Most characters of the annotation; the admission policy holds them to it as well. */
  public static final int MOST_CHARACTERS = 4096;

  private static final String NOTHING = "none";
  private static final String LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
  private static final Pattern DESTINATION =
      Pattern.compile("(\\*\\.)?(" + LABEL + "\\.)+" + LABEL + "(:[1-9][0-9]{0,4})?");

  /** A last label of digits or 0x… makes it an IPv4 address (WHATWG URL, "ends in a number"). */
  private static final Pattern ADDRESS = Pattern.compile(".*\\.([0-9]+|0x[0-9a-f]*)(:[0-9]+)?");

  public SandboxEgress {
    destinations = List.copyOf(destinations);
  }

  /** Nothing at all. */
  public static SandboxEgress nothing() {
    return new SandboxEgress(List.of());
  }

  /** Throws {@link IllegalArgumentException}, with a message for people, for what is not one. */
  public static SandboxEgress of(Collection<String> texts) {
    TreeSet<String> destinations = new TreeSet<>();
    for (String text : texts) {
      String destination = text == null ? "" : text.toLowerCase(Locale.ROOT);
      if (!isDestination(destination)) {
        throw new IllegalArgumentException(
            "'"
                + shortened(text)
                + "' is no destination: give a name, or *.name for all below it, with :port or"
                + " without. Addresses are never allowed");
      }
      destinations.add(destination);
    }
    SandboxEgress egress = new SandboxEgress(List.copyOf(destinations));
    if (destinations.size() > MOST || egress.annotation().length() > MOST_CHARACTERS) {
      throw new IllegalArgumentException(
          "at most %d destinations and %d characters".formatted(MOST, MOST_CHARACTERS));
    }
    return egress;
  }

  /** As it stands on a pod; a text that is not canonical is none. */
  public static Optional<SandboxEgress> parse(String annotation) {
    if (annotation.equals(NOTHING)) {
      return Optional.of(nothing());
    }
    try {
      return Optional.of(of(Stream.of(annotation.split(",", -1)).toList()))
          .filter(egress -> egress.annotation().equals(annotation));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The one text for it. */
  public String annotation() {
    return destinations.isEmpty() ? NOTHING : String.join(",", destinations);
  }

  private static boolean isDestination(String text) {
    int colon = text.indexOf(':');
    return text.length() <= 260
        && DESTINATION.matcher(text).matches()
        && !ADDRESS.matcher(text).matches()
        && (colon < 0 || Integer.parseInt(text.substring(colon + 1)) <= 65_535);
  }

  private static String shortened(String text) {
    return text == null || text.length() <= 80 ? String.valueOf(text) : text.substring(0, 80) + "…";
  }
}

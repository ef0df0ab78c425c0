package dev.hermes.egress.destination;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The destinations of a policy: full names, and suffixes below which every name is allowed. */
public final class AllowList {
  private static final Pattern ENTRY =
      Pattern.compile(
          "(\\*\\.)?(([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\\.)+[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)"
              + ":[0-9]{1,5}");

  /** Nothing. */
  public static final AllowList NONE = new AllowList(List.of(), List.of());

  private record Entry(Destination name, boolean wildcard) {
    boolean fits(Destination asked) {
      return asked.port() == name.port()
          && (wildcard
              ? asked.host().endsWith("." + name.host())
              : asked.host().equals(name.host()));
    }
  }

  private final List<Entry> entries;
  private final List<String> ignored;

  private AllowList(List<Entry> entries, List<String> ignored) {
    this.entries = entries;
    this.ignored = ignored;
  }

  /** Reads {@code host:port} and {@code *.suffix:port}; what is neither allows nothing. */
  public static AllowList of(List<String> texts) {
    List<Entry> entries = new ArrayList<>();
    List<String> ignored = new ArrayList<>();
    for (String text : texts) {
      entry(text).ifPresentOrElse(entries::add, () -> ignored.add(text));
    }
    return new AllowList(List.copyOf(entries), List.copyOf(ignored));
  }

  /** An address literal is allowed by nothing. */
  public boolean allows(Destination asked) {
    return !asked.literal() && entries.stream().anyMatch(entry -> entry.fits(asked));
  }

  /** Entries that the CRD's rules would have refused. */
  public List<String> ignored() {
    return ignored;
  }

  private static Optional<Entry> entry(String text) {
    if (!ENTRY.matcher(text).matches()) {
      return Optional.empty();
    }
    boolean wildcard = text.startsWith("*.");
    return Destination.parse(wildcard ? text.substring(2) : text)
        .filter(name -> !name.literal())
        .filter(name -> !wildcard || name.host().contains("."))
        .map(name -> new Entry(name, wildcard));
  }
}

package dev.hermes.egress.http;

/** One field of a head, as it was written. */
public record Header(String name, String value) {
  boolean is(String other) {
    return name.equalsIgnoreCase(other);
  }
}

package dev.hermes.operator.notice;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The installation's mail server.
 *
 * @param credentials folder with the files {@code username} and {@code password}; empty: the server
 *     takes mail without
 */
public record MailServer(
    String host, int port, Security security, String from, Optional<Path> credentials) {

  /** How the connection is protected. */
  public enum Security {
    /** Not at all: a relay in the same network. */
    NONE,
    /** STARTTLS (RFC 3207), and nothing is sent without. */
    STARTTLS,
    /** TLS from the first byte (RFC 8314). */
    TLS
  }
}

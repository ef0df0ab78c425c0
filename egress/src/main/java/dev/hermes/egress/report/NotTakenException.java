package dev.hermes.egress.report;

import java.io.IOException;

/** The control API answered, and did not take this report; it may take those of other tenants. */
final class NotTakenException extends IOException {
  private static final long serialVersionUID = 1L;

  NotTakenException(String message) {
    super(message);
  }
}

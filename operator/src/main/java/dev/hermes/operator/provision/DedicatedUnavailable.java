package dev.hermes.operator.provision;

import dev.hermes.crds.Reason;

/**
 * A tenant's own database cannot be worked with now. The message is for people: it says what to do
 * and holds no password.
 */
public final class DedicatedUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  public DedicatedUnavailable(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  DedicatedUnavailable(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}

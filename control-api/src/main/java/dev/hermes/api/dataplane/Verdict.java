package dev.hermes.api.dataplane;

import dev.hermes.sandbox.daemon.Endpoint;
import java.util.Optional;

/** Whether a request may reach a daemon. */
sealed interface Verdict {
  /**
   * It may: this daemon, with this token for it, which is a secret.
   *
   * @param run the execution that the request begins, whose end somebody must tell
   */
  record Admitted(Endpoint endpoint, String token, Optional<Run> run) implements Verdict {
    @Override
    public String toString() {
      return "Admitted[" + endpoint + "]";
    }
  }

  /**
   * It may not.
   *
   * @param status HTTP status; clients of the Connect protocol take the code from it
   * @param code name of the Connect protocol for the kind of error
   */
  record Refused(int status, String code, String message) implements Verdict {}
}

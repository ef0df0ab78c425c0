package dev.hermes.egress.access;

import java.util.Optional;

/** Who a caller is. */
public sealed interface Verdict {
  /** A sandbox in use. */
  record Known(Sandbox sandbox) implements Verdict {}

  /**
   * Not known as one.
   *
   * @param here the sandbox that has the caller's address: it is the one to be told of, whoever's
   *     credentials it showed
   * @param maybeSoon the caller has a valid token, and what the proxy knows of the cluster may be
   *     some milliseconds behind the one who signed it
   */
  record Refused(Refusal refusal, Optional<Sandbox> here, boolean maybeSoon) implements Verdict {}
}

package dev.hermes.egress.access;

/** What a sandbox's credentials say; sealed, for the wrong ones differ in what to tell. */
sealed interface Token {
  /** Signed by the API, for this proxy, not expired. */
  record Valid(String podUid) implements Token {}

  record Missing() implements Token {}

  record Expired() implements Token {}

  record Invalid() implements Token {}
}

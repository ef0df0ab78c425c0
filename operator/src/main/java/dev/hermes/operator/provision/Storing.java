package dev.hermes.operator.provision;

/** What the database answers when a key is to become the current one of its object. */
public enum Storing {
  /** It is. */
  CURRENT,
  /** Its id is that of another key. */
  TAKEN,
  /** It was replaced or revoked before, and no key comes back. */
  OVER
}

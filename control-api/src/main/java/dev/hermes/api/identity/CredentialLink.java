package dev.hermes.api.identity;

import java.util.Optional;

/**
 * One kind of credential. The first link that recognises a credential by its shape decides alone: a
 * bad one ends the chain.
 */
interface CredentialLink {
  boolean recognises(String credential);

  /** The caller, or nothing when the credential is not good (whatever the reason). */
  Optional<Authenticated> authenticate(String credential);

  /** A caller and whether its tenant is suspended. */
  record Authenticated(Principal principal, boolean suspended) {}
}

package dev.hermes.api.identity;

import dev.hermes.database.key.ApiKeyFormat;
import dev.hermes.database.key.Pepper;
import dev.hermes.database.key.RawKey;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Optional;

/** API keys. A mistyped one is refused without asking anybody; the key itself is not kept. */
@Singleton
final class KeyAuthentication implements CredentialLink {
  private final KeyDirectory directory;
  private final Pepper pepper;
  private final LastUse lastUse;
  private final Clock clock;

  KeyAuthentication(KeyDirectory directory, Pepper pepper, LastUse lastUse, Clock clock) {
    this.directory = directory;
    this.pepper = pepper;
    this.lastUse = lastUse;
    this.clock = clock;
  }

  @Override
  public boolean recognises(String credential) {
    return credential.startsWith(ApiKeyFormat.MARK);
  }

  @Override
  public Optional<Authenticated> authenticate(String credential) {
    return ApiKeyFormat.parse(credential).flatMap(this::judge);
  }

  private Optional<Authenticated> judge(RawKey key) {
    Optional<KeyRecord> found = directory.find(key.keyId());
    if (found.isEmpty()) {
      // the same work as for a known key
      pepper.digest(key.innerHash());
      return Optional.empty();
    }
    KeyRecord known = found.get();
    boolean same = pepper.matches(known.pepperVersion(), known.digest(), key.innerHash());
    if (!same || !known.isGood(clock.instant())) {
      return Optional.empty();
    }
    lastUse.touch(key.keyId());
    Principal principal =
        new Principal(
            known.tenant(),
            known.principal(),
            key.keyId(),
            known.roles(),
            known.scopes(),
            Optional.empty());
    return Optional.of(new Authenticated(principal, known.tenantState().equals("suspended")));
  }
}

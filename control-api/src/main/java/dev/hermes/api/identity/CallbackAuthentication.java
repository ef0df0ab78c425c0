package dev.hermes.api.identity;

import dev.hermes.api.identity.CallbackTokens.Claims;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Tokens of code in sandboxes. The token says for whom it runs; what that may do is asked of the
 * key with which the run was asked for, as it is now: a key that is revoked takes its runs' tokens
 * along. A sandbox that has ended has no more say.
 */
@Singleton
final class CallbackAuthentication implements CredentialLink {
  /** Of the key's own, and no others: a sandbox administers nothing and reads no audit. */
  private static final Set<Scope> SCOPES = EnumSet.of(Scope.READ, Scope.WRITE, Scope.EXECUTE);

  private final CallbackTokens tokens;
  private final KeyDirectory directory;
  private final TenantDatabase home;
  private final LastUse lastUse;
  private final Clock clock;

  CallbackAuthentication(
      CallbackTokens tokens,
      KeyDirectory directory,
      @Named("home") TenantDatabase home,
      LastUse lastUse,
      Clock clock) {
    this.tokens = tokens;
    this.directory = directory;
    this.home = home;
    this.lastUse = lastUse;
    this.clock = clock;
  }

  @Override
  public boolean recognises(String credential) {
    return credential.startsWith(CallbackTokens.MARK);
  }

  @Override
  public Optional<Authenticated> authenticate(String credential) {
    return tokens.verify(credential).flatMap(this::judge);
  }

  private Optional<Authenticated> judge(Claims claims) {
    return directory
        .find(claims.keyId())
        .filter(key -> key.isGood(clock.instant()))
        .filter(key -> key.tenant().equals(claims.tenant()))
        .filter(key -> key.principal().equals(claims.user()))
        .flatMap(key -> caller(claims, key));
  }

  private Optional<Authenticated> caller(Claims claims, KeyRecord key) {
    boolean suspended = key.tenantState().equals("suspended");
    if (!suspended && !lives(claims)) {
      return Optional.empty();
    }
    lastUse.touch(claims.keyId());
    Set<Scope> scopes = EnumSet.noneOf(Scope.class);
    scopes.addAll(key.scopes());
    scopes.retainAll(SCOPES);
    return Optional.of(
        new Authenticated(
            new Principal(
                key.tenant(),
                key.principal(),
                claims.keyId(),
                roles(key),
                scopes,
                Optional.of(claims.lease())),
            suspended));
  }

  /** Whoever may run code is a user to the platform when that calls back, and no more. */
  private static Set<Role> roles(KeyRecord key) {
    return Collections.disjoint(key.roles(), Set.of(Role.USER, Role.OWNER, Role.ADMIN))
        ? Set.of()
        : Set.of(Role.USER);
  }

  /** Asked each time: once an end was told, no replica lets a call in. */
  private boolean lives(Claims claims) {
    return home.inTenant(
        claims.tenant(),
        handle ->
            handle
                .createQuery(
                    """
                    select exists (
                      select from hermes.sandbox_leases
                       where tenant_id = :tenant and lease_id = :lease and pod_uid = :pod
                         and user_id = :user and state = 'active'
                         and least(idle_until, expires_at) > now())
                    """)
                .bind("tenant", claims.tenant().value())
                .bind("lease", claims.lease())
                .bind("pod", claims.podUid())
                .bind("user", claims.user())
                .mapTo(Boolean.class)
                .one());
  }
}

package dev.hermes.operator.apikey;

import dev.hermes.crds.Reason;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.key.ApiKeyFormat;
import dev.hermes.database.key.Digest;
import dev.hermes.database.key.Pepper;
import dev.hermes.database.key.RawKey;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Step;
import dev.hermes.operator.provision.KeyRow;
import dev.hermes.operator.provision.KeyRows;
import dev.hermes.operator.provision.NewKey;
import dev.hermes.operator.provision.TenantRows;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Issues a key: first the Secret, which is the write-ahead record, then the digest. Whatever a dead
 * process left is picked up; a key is never minted twice.
 */
final class KeyIssue {
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final Duration LATER = Duration.ofSeconds(30);

  private final KubernetesClient kubernetes;
  private final KeyRows keys;
  private final TenantRows tenants;
  private final Pepper pepper;
  private final String apiUrl;
  private final Halt halt;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  KeyIssue(ApiKeyReconciler.Parts parts, Halt halt, Clock clock) {
    this.kubernetes = parts.kubernetes();
    this.keys = parts.keys();
    this.tenants = parts.tenants();
    this.pepper = parts.pepper();
    this.apiUrl = parts.apiUrl();
    this.halt = halt;
    this.clock = clock;
  }

  /**
   * @param others all APIKeys that name the same tenant
   */
  KeyOutcome run(ApiKey key, List<ApiKey> others) {
    Optional<KeyRow> row = keys.find(key.getMetadata().getUid()).stream().findFirst();
    Optional<KeyOutcome> ended = row.flatMap(this::ended);
    if (ended.isPresent()) {
      return ended.get();
    }
    // asked live, for this decides about rights
    Tenant tenant =
        kubernetes.resources(Tenant.class).withName(key.getSpec().tenantRef().name()).get();
    if (tenant == null) {
      return new KeyOutcome.Waiting(
          Reason.TenantMissing,
          "Tenant " + key.getSpec().tenantRef().name() + " does not exist",
          row,
          LATER);
    }
    TenantSpec spec = tenant.getSpec() == null ? TenantSpec.defaults() : tenant.getSpec();
    Optional<Refusal> refusal =
        KeyCeiling.refusal(spec, key.getMetadata().getNamespace(), key.getSpec())
            .or(() -> row.isPresent() ? Optional.empty() : place(key, others, spec));
    if (refusal.isPresent()) {
      return refuse(refusal.get(), row);
    }
    Optional<UUID> tenantId = tenants.find(tenant.getMetadata().getUid());
    if (tenantId.isEmpty() || tenant.getMetadata().getDeletionTimestamp() != null) {
      return new KeyOutcome.Waiting(
          Reason.WaitingForTenant, "Tenant " + spec(key) + " is not set up yet", row, LATER);
    }
    return deliver(key, tenantId.get(), spec.suspended(), row);
  }

  private KeyOutcome deliver(ApiKey key, UUID tenantId, boolean suspended, Optional<KeyRow> row) {
    Secret secret;
    try {
      secret = secret(key);
      if (secret == null && row.isEmpty()) {
        secret = mint(key);
      }
    } catch (KubernetesClientException e) {
      if (e.getCode() == 403) {
        return new KeyOutcome.Waiting(
            Reason.Progressing, "the right to write Secrets here is being set up", row, SOON);
      }
      throw e;
    }
    if (secret == null) {
      return new KeyOutcome.NotDelivered(
          Reason.SecretMissing,
          "the Secret was deleted and the key cannot be shown again; delete this APIKey and make a"
              + " new one",
          row);
    }
    Optional<RawKey> raw =
        KeySecret.isOurs(secret, key) ? KeySecret.read(secret) : Optional.empty();
    if (raw.isEmpty()) {
      return taken(key, row);
    }
    halt.after(Step.KEY_SECRET);
    return store(key, tenantId, suspended, raw.get(), KeySecret.made(secret), row);
  }

  private KeyOutcome store(
      ApiKey key,
      UUID tenantId,
      boolean suspended,
      RawKey raw,
      Instant made,
      Optional<KeyRow> row) {
    if (row.isPresent() && !row.get().keyId().equals(raw.keyId())) {
      return taken(key, row);
    }
    // a stored digest stays as it is, whichever pepper it was made with
    Digest fresh = pepper.digest(raw.innerHash());
    Digest digest = row.map(known -> new Digest(fresh.version(), known.digest())).orElse(fresh);
    boolean stored =
        keys.issue(
            new NewKey(
                tenantId,
                raw.keyId(),
                digest,
                raw.prefix(),
                key.getSpec().roles().stream().map(Role::wire).toList(),
                key.getSpec().scopes().stream().map(Scope::wire).toList(),
                "key:" + key.getMetadata().getUid(),
                made.plus(Duration.ofDays(key.getSpec().expiresAfterDays())),
                key.getMetadata().getUid()));
    halt.after(Step.KEY_ROW);
    if (!stored && row.isEmpty()) {
      return taken(key, row);
    }
    KeyRow now = keys.find(key.getMetadata().getUid()).getFirst();
    return ended(now).orElseGet(() -> new KeyOutcome.Issued(now, suspended));
  }

  private Optional<Refusal> place(ApiKey key, List<ApiKey> others, TenantSpec tenant) {
    return KeyCensus.hasPlace(key, others, tenant)
        ? Optional.empty()
        : Optional.of(
            new Refusal(
                Reason.TooManyKeys,
                "the tenant has its " + tenant.apiKeys().max() + " keys (spec.apiKeys.max)"));
  }

  /** A ceiling that was lowered holds for keys already out. */
  private KeyOutcome refuse(Refusal refusal, Optional<KeyRow> row) {
    row.ifPresent(found -> keys.revoke(found.keyId()));
    return new KeyOutcome.Refused(refusal, row);
  }

  private Optional<KeyOutcome> ended(KeyRow row) {
    if (row.revokedAt().isPresent()) {
      return Optional.of(
          new KeyOutcome.Ended(
              Reason.KeyRevoked, "revoked for good; delete this APIKey and make a new one", row));
    }
    boolean expired = row.expiresAt().filter(end -> !end.isAfter(clock.instant())).isPresent();
    return expired
        ? Optional.of(
            new KeyOutcome.Ended(
                Reason.KeyExpired, "expired; delete this APIKey and make a new one", row))
        : Optional.empty();
  }

  private KeyOutcome taken(ApiKey key, Optional<KeyRow> row) {
    return new KeyOutcome.NotDelivered(
        Reason.SecretTaken,
        "Secret "
            + KeySecret.name(key)
            + " exists and is not this key's; remove it or name another",
        row);
  }

  private @Nullable Secret secret(ApiKey key) {
    return kubernetes
        .secrets()
        .inNamespace(key.getMetadata().getNamespace())
        .withName(KeySecret.name(key))
        .get();
  }

  /** Create only: whoever came first keeps the name. */
  private @Nullable Secret mint(ApiKey key) {
    try {
      return kubernetes
          .resource(KeySecret.desired(key, ApiKeyFormat.mint(random), apiUrl))
          .create();
    } catch (KubernetesClientException e) {
      if (e.getCode() == 409) {
        return secret(key);
      }
      throw e;
    }
  }

  private static String spec(ApiKey key) {
    return key.getSpec().tenantRef().name();
  }
}

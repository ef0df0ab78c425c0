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
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Step;
import dev.hermes.operator.plan.Plans;
import dev.hermes.operator.provision.KeyRow;
import dev.hermes.operator.provision.KeyRows;
import dev.hermes.operator.provision.NewKey;
import dev.hermes.operator.provision.Storing;
import dev.hermes.operator.provision.TenantRows;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Issues a key and replaces it when that is due: first what holds the key, then the digest.
 * Whatever a dead process left is picked up; there is one current key and at most one before it.
 */
final class KeyIssue {
  private static final Duration LATER = Duration.ofSeconds(30);

  private final KubernetesClient kubernetes;
  private final KeyRows keys;
  private final TenantRows tenants;
  private final Plans plans;
  private final Pepper pepper;
  private final KeySources sources;
  private final Halt halt;
  private final Clock clock;

  KeyIssue(ApiKeyReconciler.Parts parts, Halt halt, Clock clock) {
    this.kubernetes = parts.kubernetes();
    this.keys = parts.keys();
    this.tenants = parts.tenants();
    this.plans = parts.plans();
    this.pepper = parts.pepper();
    this.sources = new KeySources(parts, halt);
    this.halt = halt;
    this.clock = clock;
  }

  /**
   * @param others all APIKeys that name the same tenant
   */
  KeyOutcome run(ApiKey key, List<ApiKey> others) {
    KeyRing ring = ring(key);
    if (ring.current().flatMap(KeyRow::revokedAt).isPresent()) {
      return new KeyOutcome.Ended(
          Reason.KeyRevoked, "revoked for good; delete this APIKey and make a new one", ring);
    }
    // asked live, for this decides about rights
    Tenant tenant = kubernetes.resources(Tenant.class).withName(tenantName(key)).get();
    if (tenant == null) {
      return new KeyOutcome.Waiting(
          Reason.TenantMissing, "Tenant " + tenantName(key) + " does not exist", ring, LATER);
    }
    TenantSpec spec = tenant.getSpec() == null ? TenantSpec.defaults() : tenant.getSpec();
    Optional<Refusal> refusal =
        KeyCeiling.refusal(spec, key.getMetadata().getNamespace(), key.getSpec())
            .or(() -> inUse(ring) ? Optional.empty() : place(key, others, spec));
    if (refusal.isPresent()) {
      return refuse(key, refusal.get());
    }
    Optional<UUID> tenantId = tenants.find(tenant.getMetadata().getUid());
    if (tenantId.isEmpty() || tenant.getMetadata().getDeletionTimestamp() != null) {
      return new KeyOutcome.Waiting(
          Reason.WaitingForTenant, "Tenant " + tenantName(key) + " is not set up yet", ring, LATER);
    }
    return deliver(key, tenantId.get(), spec.suspended(), ring);
  }

  /** The keys, the replaced ones whose time is over marked as revoked. */
  private KeyRing ring(ApiKey key) {
    KeyRing found = find(key);
    List<KeyRow> over = found.over(clock.instant());
    if (over.isEmpty()) {
      return found;
    }
    over.forEach(row -> keys.revoke(row.keyId()));
    halt.after(Step.KEY_OVERLAP_REVOKED);
    return find(key);
  }

  private KeyOutcome deliver(ApiKey key, UUID tenantId, boolean suspended, KeyRing ring) {
    Schedule schedule = new Schedule(key.getSpec(), ring.current());
    Offer offer = sources.offer(key, ring.current(), schedule.isDue(clock.instant()));
    boolean expired = ring.current().filter(row -> row.isExpired(clock.instant())).isPresent();
    if (expired && !(offer instanceof Offer.Use)) {
      return new KeyOutcome.Ended(
          Reason.KeyExpired,
          key.getSpec().delivery().mode().mints()
              ? "expired; set spec.rotation.requestedAt to now for a new key"
              : "expired; bring another key",
          ring);
    }
    return switch (offer) {
      case Offer.Keep() -> {
        KeyRow current = ring.current().orElseThrow();
        // a stored digest stays as it is, whichever pepper it was made with
        Digest digest = new Digest(current.pepperVersion(), current.digest());
        yield store(key, tenantId, suspended, current.keyId(), digest, schedule, ring);
      }
      case Offer.Use(String keyId, byte[] innerHash) ->
          store(key, tenantId, suspended, keyId, pepper.digest(innerHash), schedule, ring);
      case Offer.Deny(Reason reason, String message) ->
          new KeyOutcome.NotDelivered(reason, message, ring);
      case Offer.Later(String message, Duration again) ->
          new KeyOutcome.Waiting(Reason.Progressing, message, ring, again);
    };
  }

  private KeyOutcome store(
      ApiKey key,
      UUID tenantId,
      boolean suspended,
      String keyId,
      Digest digest,
      Schedule schedule,
      KeyRing ring) {
    Instant now = clock.instant();
    Storing stored =
        keys.makeCurrent(
            new NewKey(
                tenantId,
                keyId,
                digest,
                ApiKeyFormat.MARK + keyId,
                key.getSpec().roles().stream().map(Role::wire).toList(),
                key.getSpec().scopes().stream().map(Scope::wire).toList(),
                "key:" + key.getMetadata().getUid(),
                schedule.life(),
                schedule.overlap(),
                schedule.metRequest(now),
                key.getMetadata().getUid()));
    halt.after(Step.KEY_ROW);
    return switch (stored) {
      case CURRENT -> new KeyOutcome.Issued(find(key), suspended);
      case TAKEN ->
          new KeyOutcome.NotDelivered(
              Reason.KeyIdTaken,
              "the key id " + keyId + " is that of another key; bring a key with another id",
              ring);
      case OVER ->
          new KeyOutcome.NotDelivered(
              Reason.KeyRevoked,
              "key "
                  + keyId
                  + " was replaced or revoked before and does not come back; bring"
                  + " another key",
              ring);
    };
  }

  private Optional<Refusal> place(ApiKey key, List<ApiKey> others, TenantSpec tenant) {
    int most = plans.of(tenant).maxKeys();
    return KeyCensus.hasPlace(key, others, tenant, most)
        ? Optional.empty()
        : Optional.of(
            new Refusal(
                Reason.TooManyKeys,
                "the tenant has its " + most + " keys (spec.apiKeys.max, or its plan's maxKeys)"));
  }

  /** A ceiling that was lowered holds for keys already out, until it allows them again. */
  private KeyOutcome refuse(ApiKey key, Refusal refusal) {
    keys.block(key.getMetadata().getUid());
    halt.after(Step.KEY_BLOCKED);
    return new KeyOutcome.Refused(refusal, find(key));
  }

  private KeyRing find(ApiKey key) {
    return new KeyRing(keys.find(key.getMetadata().getUid()));
  }

  private static boolean inUse(KeyRing ring) {
    return ring.current().filter(row -> row.blockedAt().isEmpty()).isPresent();
  }

  private static String tenantName(ApiKey key) {
    return key.getSpec().tenantRef().name();
  }
}

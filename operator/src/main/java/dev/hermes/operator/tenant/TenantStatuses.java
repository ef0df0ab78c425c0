package dev.hermes.operator.tenant;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.crds.tenant.TenantStatus;
import dev.hermes.operator.kube.Conditions;
import dev.hermes.operator.kube.Failure;
import dev.hermes.operator.kube.StepOutcome;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes a tenant's status of what the steps came to; pure. */
final class TenantStatuses {
  private TenantStatuses() {}

  static List<Condition> conditions(Tenant tenant) {
    return tenant.getStatus() == null ? List.of() : tenant.getStatus().conditions();
  }

  /**
   * Since when its walls are known to hold, and it is Ready where it is. That it is not Ready any
   * more, as when its database is away, is no news of its walls: a leader that starts then must not
   * wake every pool that rests.
   */
  static Optional<Instant> isolatedSince(Tenant tenant) {
    List<Condition> conditions = conditions(tenant);
    return Conditions.isTrue(conditions, ConditionType.NetworkIsolated)
        ? Stream.of(ConditionType.NetworkIsolated, ConditionType.Ready)
            .filter(type -> Conditions.isTrue(conditions, type))
            .flatMap(type -> Conditions.find(conditions, type).stream())
            .map(condition -> Instant.parse(condition.getLastTransitionTime()))
            .max(Comparator.naturalOrder())
        : Optional.empty();
  }

  /** Before any slow work: somebody looks. */
  static TenantStatus firstLook(Tenant tenant, Instant now) {
    long generation = tenant.getMetadata().getGeneration();
    return new TenantStatus(
        generation,
        null,
        null,
        null,
        null,
        null,
        null,
        Conditions.replacing(conditions(tenant), generation, now)
            .isFalse(ConditionType.Ready, Reason.Progressing, "being set up")
            .isTrue(ConditionType.Reconciling, Reason.Progressing, "being set up")
            .toList());
  }

  static TenantStatus of(
      Tenant tenant, TenantProgress progress, TenantCounts counts, int schemaVersion, Instant now) {
    long generation = tenant.getMetadata().getGeneration();
    TenantSpec spec = TenantCache.spec(tenant);
    boolean sandboxes = !spec.sandbox().policies().isEmpty();
    return new TenantStatus(
        generation,
        progress.tenantId().map(UUID::toString).orElseGet(() -> formerId(tenant)),
        progress.namespace().orElse(null),
        database(tenant, progress, progress.schemaVersion().orElse(schemaVersion)),
        new TenantStatus.Keys(counts.activeKeys()),
        sandboxes ? new TenantStatus.Sandboxes(counts.warm(), counts.claimed()) : null,
        progress.selfTest().orElse(null),
        conditions(tenant, spec, progress, generation, now));
  }

  /**
   * For a tenant with a database of its own it stays when that is away: it says that there was data
   * once, which must not become none.
   */
  private static TenantStatus.@Nullable Database database(
      Tenant tenant, TenantProgress progress, int schemaVersion) {
    TenantSpec.Isolation isolation = TenantCache.spec(tenant).database().isolation();
    if (progress.database().isReady()) {
      return new TenantStatus.Database(isolation, Integer.toString(schemaVersion));
    }
    return isolation == TenantSpec.Isolation.DEDICATED && tenant.getStatus() != null
        ? tenant.getStatus().database()
        : null;
  }

  /** A step threw: what was found before stays, and Ready says why. */
  static TenantStatus failed(Tenant tenant, Failure failure, Instant now) {
    long generation = tenant.getMetadata().getGeneration();
    TenantStatus old = tenant.getStatus() == null ? firstLook(tenant, now) : tenant.getStatus();
    Conditions conditions =
        Conditions.amending(old.conditions(), generation, now)
            .isFalse(ConditionType.Ready, failure.reason(), failure.message())
            .isTrue(ConditionType.Reconciling, failure.reason(), failure.message());
    if (failure.reason() == Reason.DatabaseUnavailable) {
      conditions.unknown(ConditionType.DatabaseReady, failure.reason(), failure.message());
    }
    return old.withConditions(generation, conditions.toList());
  }

  /**
   * Being deleted, and what it waits for.
   *
   * @param blocked what others hold the namespace with
   */
  static TenantStatus deleting(Tenant tenant, Optional<String> blocked, Instant now) {
    long generation = tenant.getMetadata().getGeneration();
    TenantStatus old = tenant.getStatus() == null ? firstLook(tenant, now) : tenant.getStatus();
    Conditions conditions =
        Conditions.amending(old.conditions(), generation, now)
            .isFalse(
                ConditionType.Ready, Reason.Deleting, "keys are revoked, the namespace is going")
            .drop(ConditionType.Reconciling)
            .drop(ConditionType.Stalled)
            .drop(ConditionType.DeletionBlocked);
    blocked.ifPresent(
        text -> conditions.isTrue(ConditionType.DeletionBlocked, Reason.ForeignFinalizers, text));
    return old.withConditions(generation, conditions.toList());
  }

  /** What the last Event of a deleted tenant says of its data. */
  static String farewell(Tenant tenant) {
    TenantSpec spec = TenantCache.spec(tenant);
    String id = formerId(tenant);
    String fate =
        spec.deletion().policy() == TenantSpec.DeletionPolicy.RETAIN
            ? "the data stays"
            : "the data is purged after " + spec.deletion().graceDays() + " days";
    return "keys revoked, sandboxes gone; "
        + fate
        + (id == null ? "" : "; restore it with spec.adopt.tenantId " + id);
  }

  /** Equal but for times and for the figures that are only sampled. */
  static boolean same(@Nullable TenantStatus a, TenantStatus b) {
    return a != null
        && a.observedGeneration().equals(b.observedGeneration())
        && Objects.equals(a.tenantId(), b.tenantId())
        && Objects.equals(a.namespace(), b.namespace())
        && Objects.equals(a.database(), b.database())
        && Objects.equals(a.lastSelfTest(), b.lastSelfTest())
        && Conditions.same(a.conditions(), b.conditions());
  }

  static boolean sameFigures(TenantStatus a, TenantStatus b) {
    return Objects.equals(a.keys(), b.keys()) && Objects.equals(a.sandboxes(), b.sandboxes());
  }

  private static List<Condition> conditions(
      Tenant tenant, TenantSpec spec, TenantProgress progress, long generation, Instant now) {
    Conditions conditions = Conditions.replacing(conditions(tenant), generation, now);
    List<StepOutcome> steps =
        List.of(
            progress.plan(),
            progress.database(),
            progress.isolation(),
            progress.namespaceReady(),
            progress.networkIsolated());
    Optional<StepOutcome> invalid = first(steps, StepOutcome.Invalid.class);
    Optional<StepOutcome> obstacle = invalid.or(() -> first(steps, StepOutcome.Waiting.class));
    if (spec.suspended() && invalid.isEmpty()) {
      conditions.isFalse(
          ConditionType.Ready, Reason.Suspended, "suspended; set spec.suspended to false to go on");
    } else {
      obstacle.ifPresentOrElse(
          outcome -> conditions.set(ConditionType.Ready, outcome),
          () -> conditions.isTrue(ConditionType.Ready, Reason.Ready, "the tenant may be used"));
    }
    invalid.ifPresentOrElse(
        o -> conditions.isTrue(ConditionType.Stalled, o.reason(), o.message()),
        () ->
            obstacle.ifPresent(
                o -> conditions.isTrue(ConditionType.Reconciling, o.reason(), o.message())));
    conditions.set(ConditionType.DatabaseReady, progress.database());
    conditions.set(ConditionType.NamespaceReady, progress.namespaceReady());
    conditions.set(ConditionType.NetworkIsolated, progress.networkIsolated());
    conditions.set(ConditionType.IsolationVerified, progress.isolation());
    if (spec.suspended()) {
      conditions.isTrue(
          ConditionType.Suspended, Reason.Suspended, "keys are refused, sandboxes drained");
    }
    progress
        .deletionBlocked()
        .ifPresent(text ->
            conditions.isTrue(ConditionType.DeletionBlocked, Reason.ForeignFinalizers, text));
    return conditions.toList();
  }

  private static Optional<StepOutcome> first(
      List<StepOutcome> steps, Class<? extends StepOutcome> kind) {
    return steps.stream().filter(kind::isInstance).findFirst();
  }

  private static @Nullable String formerId(Tenant tenant) {
    return tenant.getStatus() == null ? null : tenant.getStatus().tenantId();
  }
}

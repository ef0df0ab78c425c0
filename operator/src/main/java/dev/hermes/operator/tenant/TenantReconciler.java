package dev.hermes.operator.tenant;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.crds.tenant.TenantStatus;
import dev.hermes.operator.dedicated.DedicatedStep;
import dev.hermes.operator.kube.Conditions;
import dev.hermes.operator.kube.ErrorCounter;
import dev.hermes.operator.kube.Events;
import dev.hermes.operator.kube.Failure;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Sampler;
import dev.hermes.operator.kube.Signal;
import dev.hermes.operator.kube.StatusPatch;
import dev.hermes.operator.kube.Step;
import dev.hermes.operator.kube.StepOutcome.Ready;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.PrimaryUpdateAndCacheUtils;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Makes a tenant real: its row, its namespace and walls, its pool, the proof that it is isolated.
 * Every step looks first and may be repeated; what is missing becomes a condition.
 */
public final class TenantReconciler implements Reconciler<Tenant>, Cleaner<Tenant> {
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final Duration LATER = Duration.ofSeconds(5);

  private final TenantSteps steps;
  private final TenantNeighbours neighbours;
  private final Signal<Tenant> signal;
  private final Events events;
  private final ErrorCounter errors;
  private final Halt halt;
  private final Sampler sampler;
  private final Clock clock;
  private final Pace database;
  private final Map<String, Long> announced = new ConcurrentHashMap<>();
  private volatile @Nullable TenantCache tenants;
  private volatile @Nullable Children children;

  public TenantReconciler(
      TenantSteps steps,
      TenantNeighbours neighbours,
      Signal<Tenant> signal,
      Events events,
      ErrorCounter errors,
      Halt halt,
      Clock clock) {
    this.steps = steps;
    this.neighbours = neighbours;
    this.signal = signal;
    this.events = events;
    this.errors = errors;
    this.halt = halt;
    this.sampler = new Sampler(clock);
    this.clock = clock;
    this.database = new Pace(clock);
  }

  @Override
  public List<EventSource<?, Tenant>> prepareEventSources(EventSourceContext<Tenant> context) {
    TenantCache cache = new TenantCache(context.getPrimaryCache());
    Children watched = new Children(context, cache, steps.keyDelivery()::doubt);
    tenants = cache;
    children = watched;
    List<EventSource<?, Tenant>> sources = new ArrayList<>(watched.eventSources());
    sources.add(signal.source());
    return sources;
  }

  /** The Tenants in the cache; none before the controller was registered. */
  public List<Tenant> known() {
    TenantCache cache = tenants;
    return cache == null ? List.of() : cache.all().toList();
  }

  /** How many Tenants list a policy. */
  public int listing(String policy) {
    TenantCache cache = tenants;
    return cache == null ? 0 : cache.withPolicy(policy).size();
  }

  @Override
  public UpdateControl<Tenant> reconcile(Tenant tenant, Context<Tenant> context) {
    try (var logged = MDC.putCloseable("tenant", tenant.getMetadata().getName())) {
      halt.after(Step.TENANT_FINALIZER);
      Tenant current = firstLook(tenant, context);
      TenantProgress progress = run(current);
      return write(current, progress, context);
    }
  }

  private TenantProgress run(Tenant tenant) {
    Children watched = Objects.requireNonNull(children);
    DatabaseStep.Identity identity = database.taken(() -> steps.database().identify(tenant));
    halt.after(Step.TENANT_ROW);
    UUID id;
    switch (identity) {
      case DatabaseStep.Identity.None none -> {
        return TenantProgress.withoutData(none.outcome());
      }
      case DatabaseStep.Identity.Known known -> id = known.id();
      case DatabaseStep.Identity.Adopted adopted -> {
        id = adopted.id();
        events.publish(
            tenant,
            "Normal",
            "Adopted",
            "the data of tenant "
                + id
                + " is this one's now; its keys stay revoked, make new"
                + " APIKeys");
      }
    }
    Optional<SchemaStep.Result> schema = steps.schema().run(tenant, id);
    if (schema.isPresent() && schema.get().version().isEmpty()) {
      // none was made: whoever has one is told of a suspension, whatever else is wrong with it
      return TenantProgress.withoutPlace(id, schema.get().outcome());
    }
    SandboxStep.Outcome sandboxes = steps.sandbox().run(tenant, id, watched);
    steps.keyDelivery().ensure(tenant, watched);
    steps.keyDelivery().sweep(Objects.requireNonNull(tenants), watched);
    if (DedicatedStep.concerns(TenantCache.spec(tenant))) {
      DedicatedStep.Outcome own =
          steps
              .dedicated()
              .run(tenant, steps.database().row(tenant, id, Optional.empty(), List.of()));
      halt.after(Step.TENANT_SELFTEST);
      return new TenantProgress(
          Optional.of(id),
          sandboxes.namespace(),
          steps.plans().outcome(TenantCache.spec(tenant)),
          own.database(),
          Optional.of(own.schemaVersion()),
          sandboxes.namespaceReady(),
          sandboxes.networkIsolated(),
          own.isolation(),
          own.selfTest(),
          sandboxes.deletionBlocked());
    }
    SelfTestStep.Result selfTest = steps.selfTest().run(tenant, id);
    halt.after(Step.TENANT_SELFTEST);
    return new TenantProgress(
        Optional.of(id),
        sandboxes.namespace(),
        steps.plans().outcome(TenantCache.spec(tenant)),
        schema
            .map(SchemaStep.Result::outcome)
            .orElseGet(() -> new Ready(Reason.Provisioned, "tenant " + id)),
        schema.flatMap(SchemaStep.Result::version),
        sandboxes.namespaceReady(),
        sandboxes.networkIsolated(),
        selfTest.outcome(),
        Optional.of(selfTest.toStatus()),
        sandboxes.deletionBlocked());
  }

  private UpdateControl<Tenant> write(
      Tenant tenant, TenantProgress progress, Context<Tenant> context) {
    String uid = tenant.getMetadata().getUid();
    TenantStatus now =
        TenantStatuses.of(
            tenant,
            progress,
            neighbours.counts(tenant.getMetadata().getName(), progress.namespace()),
            steps.schemaVersion(),
            clock.instant());
    TenantStatus before = tenant.getStatus();
    announce(tenant);
    boolean waiting = isWaiting(now) || steps.dedicated().isUnready(tenant);
    if (before != null && TenantStatuses.same(before, now)) {
      if (TenantStatuses.sameFigures(before, now)) {
        return waiting ? noUpdate(LATER) : UpdateControl.noUpdate();
      }
      if (!sampler.due(uid)) {
        return noUpdate(waiting ? LATER : Sampler.PERIOD);
      }
    }
    sampler.taken(uid);
    events.readyChanged(tenant, TenantStatuses.conditions(tenant), now.conditions());
    if (Conditions.isTrue(now.conditions(), ConditionType.Ready)
        && !Conditions.isTrue(TenantStatuses.conditions(tenant), ConditionType.Ready)) {
      neighbours.ready(tenant);
    }
    PrimaryUpdateAndCacheUtils.ssaPatchStatusAndCacheResource(
        tenant, StatusPatch.of(new Tenant(), tenant, now), context);
    halt.after(Step.TENANT_STATUS);
    return waiting ? noUpdate(LATER) : UpdateControl.noUpdate();
  }

  @Override
  public DeleteControl cleanup(Tenant tenant, Context<Tenant> context) {
    try (var logged = MDC.putCloseable("tenant", tenant.getMetadata().getName())) {
      switch (steps.deletion().run(tenant)) {
        case TenantDeletion.Progress.Wait wait -> {
          return waitFor(tenant, wait.blocked(), context);
        }
        case TenantDeletion.Progress.NotThere gone -> {
          return DeleteControl.noFinalizerRemoval();
        }
        case TenantDeletion.Progress.Done done -> {}
      }
      steps.keyDelivery().leaves(tenant);
      steps.keyDelivery().sweep(Objects.requireNonNull(tenants), Objects.requireNonNull(children));
      announced.remove(tenant.getMetadata().getUid());
      sampler.forget(tenant.getMetadata().getUid());
      events.publish(tenant, "Normal", "Deleted", TenantStatuses.farewell(tenant));
      neighbours.changed(tenant);
      wakeAdopters(tenant);
      return DeleteControl.defaultDelete();
    }
  }

  /** Those who wait for this one's data to be free. */
  private void wakeAdopters(Tenant tenant) {
    String id = tenant.getStatus() == null ? null : tenant.getStatus().tenantId();
    known().stream()
        .filter(other -> {
          TenantSpec.Adopt adopt = TenantCache.spec(other).adopt();
          return adopt != null && adopt.tenantId().equals(id);
        })
        .forEach(other -> signal.look(other.getMetadata().getName()));
  }

  private DeleteControl waitFor(Tenant tenant, Optional<String> blocked, Context<Tenant> context) {
    TenantStatus now = TenantStatuses.deleting(tenant, blocked, clock.instant());
    if (!TenantStatuses.same(tenant.getStatus(), now)) {
      PrimaryUpdateAndCacheUtils.ssaPatchStatusAndCacheResource(
          tenant, StatusPatch.of(new Tenant(), tenant, now), context);
    }
    return DeleteControl.noFinalizerRemoval()
        .rescheduleAfter((blocked.isPresent() ? LATER : SOON).toMillis());
  }

  @Override
  public ErrorStatusUpdateControl<Tenant> updateErrorStatus(
      Tenant tenant, Context<Tenant> context, Exception thrown) {
    Failure failure = Failure.of(thrown);
    errors.count("Tenant", failure.reason());
    TenantStatus now = TenantStatuses.failed(tenant, failure, clock.instant());
    return TenantStatuses.same(tenant.getStatus(), now)
        ? ErrorStatusUpdateControl.noStatusUpdate()
        : ErrorStatusUpdateControl.patchStatus(StatusPatch.of(new Tenant(), tenant, now));
  }

  /**
   * People see that somebody looks before the first slow step; when none comes, the status that
   * follows at once is the first (decision 0018).
   */
  private Tenant firstLook(Tenant tenant, Context<Tenant> context) {
    if (!TenantStatuses.conditions(tenant).isEmpty() || isQuick(tenant)) {
      return tenant;
    }
    TenantStatus status = TenantStatuses.firstLook(tenant, clock.instant());
    if (tenant.getStatus() != null && tenant.getStatus().tenantId() != null) {
      return tenant;
    }
    return PrimaryUpdateAndCacheUtils.ssaPatchStatusAndCacheResource(
        tenant, StatusPatch.of(new Tenant(), tenant, status), context);
  }

  /** Nothing but statements to a database that answers promptly. */
  private boolean isQuick(Tenant tenant) {
    TenantSpec spec = TenantCache.spec(tenant);
    return spec.sandbox().policies().isEmpty()
        && spec.adopt() == null
        && !DedicatedStep.concerns(spec)
        && database.isQuick();
  }

  /** Once for each generation, when the row says the same as the spec. */
  private void announce(Tenant tenant) {
    Long generation = tenant.getMetadata().getGeneration();
    if (!generation.equals(announced.put(tenant.getMetadata().getUid(), generation))) {
      neighbours.changed(tenant);
    }
  }

  private static boolean isWaiting(TenantStatus status) {
    return Conditions.isTrue(status.conditions(), ConditionType.Reconciling);
  }

  private static UpdateControl<Tenant> noUpdate(Duration again) {
    return UpdateControl.<Tenant>noUpdate().rescheduleAfter(again);
  }
}

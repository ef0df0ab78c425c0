package dev.hermes.operator.sandboxpolicy;

import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicyStatus;
import dev.hermes.operator.kube.ErrorCounter;
import dev.hermes.operator.kube.Events;
import dev.hermes.operator.kube.Failure;
import dev.hermes.operator.kube.Sampler;
import dev.hermes.operator.kube.Signal;
import dev.hermes.operator.kube.StatusPatch;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a policy's status true: is it accepted, does its runtime exist, may sandboxes start. What
 * tenants get of it is the Tenant controller's work.
 */
public final class SandboxPolicyReconciler implements Reconciler<SandboxPolicy> {
  private final Policies policies;
  private final Function<String, PolicyCounts> counts;
  private final Signal<SandboxPolicy> signal;
  private final Events events;
  private final ErrorCounter errors;
  private final Sampler sampler;
  private final Clock clock;
  private volatile @Nullable IndexerResourceCache<SandboxPolicy> cache;

  public SandboxPolicyReconciler(
      Policies policies,
      Function<String, PolicyCounts> counts,
      Signal<SandboxPolicy> signal,
      Events events,
      ErrorCounter errors,
      Clock clock) {
    this.policies = policies;
    this.counts = counts;
    this.signal = signal;
    this.events = events;
    this.errors = errors;
    this.sampler = new Sampler(clock);
    this.clock = clock;
  }

  @Override
  public List<EventSource<?, SandboxPolicy>> prepareEventSources(
      EventSourceContext<SandboxPolicy> context) {
    cache = context.getPrimaryCache();
    return List.of(signal.source());
  }

  /** Looks again at the policies that fit, for what they name has changed. */
  public void lookAt(Predicate<SandboxPolicy> which) {
    IndexerResourceCache<SandboxPolicy> known = cache;
    if (known != null) {
      known.list(which).map(ResourceID::fromResource).toList().forEach(signal::look);
    }
  }

  /** All policies that are not on their way out, by name. */
  public Map<String, ResolvedPolicy> resolved() {
    IndexerResourceCache<SandboxPolicy> known = cache;
    Map<String, ResolvedPolicy> all = new TreeMap<>();
    if (known != null) {
      known
          .list(policy -> policy.getMetadata().getDeletionTimestamp() == null)
          .forEach(policy -> all.put(policy.getMetadata().getName(), policies.resolve(policy)));
    }
    return all;
  }

  @Override
  public UpdateControl<SandboxPolicy> reconcile(
      SandboxPolicy policy, Context<SandboxPolicy> context) {
    String uid = policy.getMetadata().getUid();
    SandboxPolicyStatus now =
        PolicyStatus.of(
            policy,
            policies.resolve(policy),
            counts.apply(policy.getMetadata().getName()),
            clock.instant());
    SandboxPolicyStatus before = policy.getStatus();
    if (before != null && PolicyStatus.same(before, now)) {
      if (sameFigures(before, now)) {
        return UpdateControl.noUpdate();
      }
      if (!sampler.due(uid)) {
        return UpdateControl.<SandboxPolicy>noUpdate().rescheduleAfter(Sampler.PERIOD);
      }
    }
    sampler.taken(uid);
    events.readyChanged(policy, PolicyStatus.before(policy), now.conditions());
    return UpdateControl.patchStatus(StatusPatch.of(new SandboxPolicy(), policy, now));
  }

  /** The status stays as it is: a policy that could not be looked at is not therefore worse. */
  @Override
  public ErrorStatusUpdateControl<SandboxPolicy> updateErrorStatus(
      SandboxPolicy policy, Context<SandboxPolicy> context, Exception thrown) {
    errors.count("SandboxPolicy", Failure.of(thrown).reason());
    return ErrorStatusUpdateControl.noStatusUpdate();
  }

  private static boolean sameFigures(SandboxPolicyStatus a, SandboxPolicyStatus b) {
    return Objects.equals(a.warm(), b.warm()) && Objects.equals(a.claimed(), b.claimed());
  }
}

package dev.hermes.operator.canary;

import dev.hermes.operator.sandboxpolicy.CanarySubject;
import dev.hermes.operator.sandboxpolicy.Check;
import dev.hermes.operator.sandboxpolicy.Finding;
import dev.hermes.operator.sandboxpolicy.Proofs;
import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import dev.hermes.operator.tenant.ApiIdentity;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the canaries, one pod at a time: each subject when it is new, and again at each interval.
 * Called by the clock, it never waits: what it waits for it looks at in the next call.
 */
public final class Canaries implements Function<CanarySubject, Proofs> {
  private static final Logger log = LoggerFactory.getLogger(Canaries.class);

  private record Run(CanarySubject subject, Stage stage, Instant since, boolean made) {}

  private final CanaryPods pods;
  private final Duration interval;
  private final Clock clock;
  private final Runnable onChange;
  private final Ledger ledger;
  private boolean swept;
  private @Nullable Run run;

  /**
   * @param interval between two canaries of the same subject; zero: there are none at all
   * @param onChange called when something is known that was not
   */
  public Canaries(
      KubernetesClient kubernetes,
      ApiIdentity api,
      Duration interval,
      Clock clock,
      Runnable onChange) {
    this.pods = new CanaryPods(kubernetes, api);
    this.interval = interval;
    this.clock = clock;
    this.onChange = onChange;
    this.ledger = new Ledger(interval);
  }

  @Override
  public Proofs apply(CanarySubject subject) {
    return interval.isZero() ? Proofs.off() : ledger.proofs(subject);
  }

  /** When the last canary of it ended. */
  public Optional<Instant> finishedAt(CanarySubject subject) {
    return ledger.finishedAt(subject.key());
  }

  /** One step. Called every two seconds, by the leader alone. */
  public void step(Collection<ResolvedPolicy> policies) {
    if (interval.isZero()) {
      return;
    }
    Map<CanarySubject, ResolvedPolicy> wanted = new LinkedHashMap<>();
    policies.forEach(policy -> policy.subject().ifPresent(s -> wanted.putIfAbsent(s, policy)));
    ledger.want(wanted.keySet(), clock.instant());
    Run current = run;
    if (current != null && !wanted.containsKey(current.subject())) {
      current = null;
      run = null;
      swept = false;
    }
    if (!swept) {
      // of an earlier process, or of a subject that nobody has any more
      pods.all().forEach(pods::delete);
      swept = true;
    }
    if (current != null) {
      advance(current);
      return;
    }
    ledger
        .due(wanted.keySet(), clock.instant())
        .ifPresent(subject -> begin(subject, wanted.get(subject)));
  }

  private void begin(CanarySubject subject, @Nullable ResolvedPolicy policy) {
    if (policy == null) {
      return;
    }
    Run first = new Run(subject, Stage.WALLS, clock.instant(), false);
    try {
      pods.prepare(policy.shapedAs(subject));
    } catch (KubernetesClientException e) {
      if (!isRefusal(e)) {
        throw e;
      }
      conclude(
          first,
          Verdicts.untold(Stage.WALLS, "its namespace cannot be prepared: " + e.getMessage()),
          false);
      return;
    }
    run = first;
    advance(first);
  }

  private void advance(Run current) {
    boolean late = current.since().plus(current.stage().patience()).isBefore(clock.instant());
    if (!current.made()) {
      if (late) {
        conclude(current, Verdicts.untold(current.stage(), "the last one does not go"), false);
      } else {
        make(current);
      }
      return;
    }
    Pod pod = pods.find(current.subject(), current.stage());
    if (pod == null) {
      conclude(current, Verdicts.untold(current.stage(), "its pod was deleted by others"), false);
      return;
    }
    Ending ending = Ending.of(pod);
    if (ending.over()) {
      Verdicts verdicts = new Verdicts(current.subject(), ending, nodesKernel(ending, pod));
      pods.delete(pod);
      conclude(current, verdicts.of(current.stage()), false);
    } else if (late) {
      pods.delete(pod);
      conclude(current, Verdicts.untold(current.stage(), ending.said()), ending.unschedulable());
    }
  }

  /** Asked only where the pod's kernel is not gVisor's, which needs no comparison. */
  private Optional<String> nodesKernel(Ending ending, Pod pod) {
    return ending
        .report()
        .map(CanaryReport::kernel)
        .filter(kernel -> !kernel.gvisor())
        .flatMap(kernel -> pods.bootId(pod));
  }

  private void make(Run current) {
    try {
      if (pods.create(current.subject(), current.stage())) {
        run = new Run(current.subject(), current.stage(), clock.instant(), true);
      } else {
        // the last one is on its way out, or is not of this process
        swept = false;
      }
    } catch (KubernetesClientException e) {
      if (!isRefusal(e)) {
        throw e;
      }
      conclude(
          current,
          Verdicts.untold(current.stage(), "its pod is refused: " + e.getMessage()),
          false);
    }
  }

  /** Not one that the next step's try may heal. */
  private static boolean isRefusal(KubernetesClientException e) {
    return e.getCode() >= 400 && e.getCode() < 500 && e.getCode() != 429;
  }

  private void conclude(Run current, Map<Check, Finding> found, boolean unschedulable) {
    CanarySubject subject = current.subject();
    log.info("canary {} {}: {}", subject.key(), current.stage().tag(), found);
    boolean started = found.values().stream().anyMatch(f -> !(f instanceof Finding.Untold));
    // where the first pod does not run the others would not either
    boolean goesOn = started || current.stage() != Stage.WALLS;
    boolean changed = ledger.add(subject, found, unschedulable, clock.instant());
    if (!goesOn) {
      changed |= ledger.add(subject, rest(found), unschedulable, clock.instant());
    }
    Optional<Stage> next = goesOn ? current.stage().next() : Optional.empty();
    run = next.map(stage -> new Run(subject, stage, clock.instant(), false)).orElse(null);
    if (next.isEmpty()) {
      ledger.finished(subject.key(), clock.instant());
    }
    if (changed) {
      onChange.run();
    }
  }

  private static Map<Check, Finding> rest(Map<Check, Finding> found) {
    Finding same = found.values().iterator().next();
    return Map.of(Check.MEMORY, same, Check.DISK, same);
  }
}

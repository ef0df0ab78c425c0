package dev.hermes.operator.pool;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.operator.kube.Deletion;
import dev.hermes.operator.provision.Leases;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Keeps every tenant's warm pods, on one thread: soon after an event, and every two seconds. The
 * Tenant controller says what each tenant wants; the leader alone starts it.
 */
public final class PoolController implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PoolController.class);
  private static final Duration TICK = Duration.ofSeconds(2);
  private static final Duration FULL_LOOK = Duration.ofSeconds(10);

  /**
   * What a pod's change asks for waits so long: a pod that starts takes seconds of CPU from its
   * node, and whoever has just claimed one there waits for the first output.
   */
  private static final Duration SETTLING = Duration.ofMillis(500);

  private final KubernetesClient kubernetes;
  private final PodWatch pods;
  private final LeaseReaper reaper;
  private final Deletion deletion;
  private final PodMaker maker;
  private final AgentPools agentPools;
  private final ClaimReaper claims;
  private final Demand demand;
  private final Rest rest;
  private final Clock clock;

  private final Map<String, PoolTarget> targets = new ConcurrentHashMap<>();
  private final Set<String> dirty = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean queued = new AtomicBoolean();
  private final AtomicBoolean queuedForLater = new AtomicBoolean();
  private final InFlight inFlight = new InFlight();
  private final Set<String> forgotten = ConcurrentHashMap.newKeySet();
  private final ScheduledThreadPoolExecutor thread =
      new ScheduledThreadPoolExecutor(
          1, task -> Thread.ofPlatform().name("pool").daemon().unstarted(task));
  private volatile boolean started;
  private volatile Instant lastTurn;
  private Instant lastFullLook = Instant.EPOCH;

  /**
   * @param agentSandbox whether the kinds of agent-sandbox may be written
   * @param publicKeys keys whose tokens a sandbox obeys, read anew for each pod
   */
  public PoolController(
      KubernetesClient kubernetes,
      PodWatch pods,
      Leases leases,
      BooleanSupplier agentSandbox,
      Supplier<String> publicKeys,
      Clock clock) {
    this.kubernetes = kubernetes;
    this.pods = pods;
    this.deletion = new Deletion(kubernetes);
    this.agentPools = new AgentPools(kubernetes, agentSandbox, publicKeys);
    this.claims = new ClaimReaper(kubernetes, agentSandbox, leases);
    this.reaper = new LeaseReaper(leases, deletion, claims);
    this.maker = new PodMaker(kubernetes, publicKeys, inFlight);
    this.demand = new Demand(leases);
    this.rest = new Rest(clock);
    this.clock = clock;
    this.lastTurn = clock.instant();
    // who is no more the leader makes nothing
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  public void start() {
    started = true;
    lastTurn = clock.instant();
    thread.scheduleWithFixedDelay(this::tick, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * What a tenant is to have from now on.
   *
   * @param provenSince since when its walls are known to hold; empty: a pod must show it, used or
   *     not
   */
  public void want(PoolTarget target, Optional<Instant> provenSince) {
    PoolTarget before = targets.put(target.tenantUid(), target);
    if (!target.equals(before)) {
      rest.wanted(before, target, provenSince);
      touched(target.tenantUid(), queued, Duration.ZERO);
    }
  }

  /** Whether it is as it should be that no pod of this policy is Ready. */
  public boolean mayBeEmpty(String tenantUid, String policy) {
    return rest.excuses(tenantUid, policy);
  }

  /** The tenant is gone or has no sandboxes; what is left goes with its namespace. */
  public void forget(String tenantUid) {
    PoolTarget target = targets.remove(tenantUid);
    rest.forget(tenantUid);
    if (target != null) {
      forgotten.add(target.namespace());
    }
  }

  /** A pod came, changed or went. */
  public void podChanged(String namespace) {
    for (PoolTarget target : targets.values()) {
      if (target.namespace().equals(namespace)) {
        touched(target.tenantUid(), queuedForLater, SETTLING);
      }
    }
  }

  /** Deletes every sandbox of a namespace; true when none is left. */
  public boolean drain(String namespace) {
    agentPools.clear(namespace);
    List<Pod> left = kubernetes.pods().inNamespace(namespace).list().getItems();
    for (Pod pod : left) {
      deletion.pod(namespace, pod.getMetadata().getName(), pod.getMetadata().getUid());
      reaper.deleted(pod);
    }
    return left.isEmpty();
  }

  /** When the loop last came round; the liveness probe asks. */
  public boolean isAlive() {
    return !started || lastTurn.plus(Duration.ofMinutes(2)).isAfter(clock.instant());
  }

  @Override
  public void close() {
    thread.shutdown();
  }

  private void touched(String tenantUid, AtomicBoolean look, Duration after) {
    dirty.add(tenantUid);
    if (started && look.compareAndSet(false, true)) {
      thread.schedule(
          () -> {
            look.set(false);
            guarded("pool", this::keepDirty);
          },
          after.toMillis(),
          TimeUnit.MILLISECONDS);
    }
  }

  private void tick() {
    Instant now = clock.instant();
    guarded("leases", reaper::endLeases);
    if (lastFullLook.plus(FULL_LOOK).isBefore(now)) {
      lastFullLook = now;
      dirty.addAll(targets.keySet());
      guarded("orphans", () -> reaper.deleteOrphans(pods.all(), now));
      guarded("agent-sandbox", agentPools::look);
      guarded("claims", () -> claims.look(pods.all(), now));
    }
    guarded("pool", this::keepDirty);
    lastTurn = now;
  }

  private void keepDirty() {
    demand.load();
    for (String namespace : Set.copyOf(forgotten)) {
      forgotten.remove(namespace);
      demand.forget(namespace);
    }
    for (String uid : Set.copyOf(dirty)) {
      dirty.remove(uid);
      PoolTarget target = targets.get(uid);
      if (target != null) {
        try (var tenant = MDC.putCloseable("tenant", target.tenantName())) {
          guarded("pool", () -> keep(target));
        }
      }
    }
  }

  private void keep(PoolTarget target) {
    Instant now = clock.instant();
    maker.settleDoubts(target.namespace(), now);
    List<Pod> present = inFlight.correct(target.namespace(), pods.in(target.namespace()), now);
    maker.judge(target, present, now);
    PoolSizes sizes =
        PoolSizes.of(
            target,
            present,
            demand.observe(
                target, present, policy -> rest.awakeSince(target.tenantUid(), policy), now),
            now);
    rest.looked(target, sizes.atRest(), readyPolicies(present));
    PoolPlan plan =
        PoolPlan.of(
            target.of(Backend.Pod),
            present.stream().filter(pod -> !PodFacts.isOthers(pod)).toList(),
            sizes,
            now);
    for (Pod pod : plan.delete()) {
      deletion.pod(target.namespace(), pod.getMetadata().getName(), pod.getMetadata().getUid());
      inFlight.deleted(pod, now);
      reaper.deleted(pod);
      log.info("pod {} deleted", pod.getMetadata().getName());
    }
    for (EffectivePolicy policy : plan.create()) {
      maker.create(target, policy, now);
    }
    agentPools.keep(target, present, sizes.warm());
    if (target.drained()) {
      claims.endAll(target.namespace());
      present.stream().filter(PodFacts::isOthers).forEach(reaper::deleted);
    }
  }

  private static Set<String> readyPolicies(List<Pod> pods) {
    return pods.stream()
        .filter(PodFacts::isReady)
        .map(pod -> PodFacts.label(pod, Names.POLICY))
        .collect(Collectors.toSet());
  }

  private static void guarded(String what, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      log.warn("{}: {}", what, e.toString());
    }
  }
}

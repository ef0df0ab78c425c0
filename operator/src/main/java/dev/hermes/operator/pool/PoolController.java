package dev.hermes.operator.pool;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.operator.kube.Deletion;
import dev.hermes.operator.provision.Leases;
import dev.hermes.sandbox.pod.SandboxPod;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Keeps every tenant's warm pods, on one thread: at once after an event, and every two seconds. The
 * Tenant controller says what each tenant wants; the leader alone starts it.
 */
public final class PoolController implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PoolController.class);
  private static final Duration TICK = Duration.ofSeconds(2);
  private static final Duration FULL_LOOK = Duration.ofSeconds(10);

  private final KubernetesClient kubernetes;
  private final PodWatch pods;
  private final LeaseReaper reaper;
  private final Deletion deletion;
  private final Supplier<String> publicKeys;
  private final Clock clock;

  private final Map<String, PoolTarget> targets = new ConcurrentHashMap<>();
  private final Set<String> dirty = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean queued = new AtomicBoolean();
  private final InFlight inFlight = new InFlight();
  private final Backoff backoff = new Backoff();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> Thread.ofPlatform().name("pool").daemon().unstarted(task));
  private volatile boolean started;
  private volatile Instant lastTurn;
  private Instant lastFullLook = Instant.EPOCH;

  /**
   * @param publicKeys keys whose tokens a sandbox obeys, read anew for each pod
   */
  public PoolController(
      KubernetesClient kubernetes,
      PodWatch pods,
      Leases leases,
      Supplier<String> publicKeys,
      Clock clock) {
    this.kubernetes = kubernetes;
    this.pods = pods;
    this.deletion = new Deletion(kubernetes);
    this.reaper = new LeaseReaper(leases, deletion);
    this.publicKeys = publicKeys;
    this.clock = clock;
    this.lastTurn = clock.instant();
  }

  public void start() {
    started = true;
    lastTurn = clock.instant();
    thread.scheduleWithFixedDelay(this::tick, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** What a tenant is to have from now on. */
  public void want(PoolTarget target) {
    if (!target.equals(targets.put(target.tenantUid(), target))) {
      touched(target.tenantUid());
    }
  }

  /** The tenant is gone or has no sandboxes; what is left goes with its namespace. */
  public void forget(String tenantUid) {
    targets.remove(tenantUid);
  }

  /** A pod came, changed or went. */
  public void podChanged(String namespace) {
    for (PoolTarget target : targets.values()) {
      if (target.namespace().equals(namespace)) {
        touched(target.tenantUid());
      }
    }
  }

  /** Deletes every sandbox of a namespace; true when none is left. */
  public boolean drain(String namespace) {
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

  private void touched(String tenantUid) {
    dirty.add(tenantUid);
    if (started && queued.compareAndSet(false, true)) {
      thread.execute(() -> {
        queued.set(false);
        guarded("pool", this::keepDirty);
      });
    }
  }

  private void tick() {
    Instant now = clock.instant();
    guarded("leases", reaper::endLeases);
    if (lastFullLook.plus(FULL_LOOK).isBefore(now)) {
      lastFullLook = now;
      dirty.addAll(targets.keySet());
      guarded("orphans", () -> reaper.deleteOrphans(pods.all(), now));
    }
    guarded("pool", this::keepDirty);
    lastTurn = now;
  }

  private void keepDirty() {
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
    List<Pod> present = inFlight.correct(target.namespace(), pods.in(target.namespace()), now);
    PoolPlan plan = PoolPlan.of(target, present, now);
    for (Pod pod : plan.delete()) {
      deletion.pod(target.namespace(), pod.getMetadata().getName(), pod.getMetadata().getUid());
      inFlight.deleted(pod, now);
      reaper.deleted(pod);
      log.info("pod {} deleted", pod.getMetadata().getName());
    }
    for (EffectivePolicy policy : plan.create()) {
      create(target, policy, now);
    }
  }

  private void create(PoolTarget target, EffectivePolicy policy, Instant now) {
    String key = target.tenantUid() + "/" + policy.name();
    if (!backoff.isOver(key, now)) {
      return;
    }
    try {
      Pod pod =
          kubernetes
              .resource(
                  SandboxPod.desired(
                      SandboxPodRequest.warm(
                          target.tenantId(),
                          target.tenantName(),
                          target.namespace(),
                          policy,
                          publicKeys.get())))
              .create();
      inFlight.created(pod, now);
      backoff.worked(key);
      log.info("warm pod {} created", pod.getMetadata().getName());
    } catch (KubernetesClientException e) {
      backoff.refused(key, now);
      log.warn("warm pod of policy {} refused: {}", policy.name(), e.getMessage());
    }
  }

  private static void guarded(String what, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      log.warn("{}: {}", what, e.toString());
    }
  }
}

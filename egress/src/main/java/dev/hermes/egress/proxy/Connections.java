package dev.hermes.egress.proxy;

import dev.hermes.crds.egress.EgressReason;
import dev.hermes.egress.access.Access;
import dev.hermes.egress.access.Refusal;
import dev.hermes.egress.report.Observer;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The open connections: how many there are, and that each is still allowed. */
public final class Connections {
  /** Addresses that no sandbox has share one tenant's part. */
  private static final String NOBODY = "";

  private final Access access;
  private final Observer observer;
  private final Limits limits;
  private final Set<Session> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger count = new AtomicInteger();
  private final Map<String, Integer> byIp = new ConcurrentHashMap<>();
  private final Map<String, Integer> byTenant = new ConcurrentHashMap<>();

  public Connections(Access access, Observer observer, Limits limits) {
    this.access = access;
    this.observer = observer;
    this.limits = limits;
  }

  /** Counts a connection until it is closed, also one that is refused here and told so. */
  Optional<Refusal> admit(Session session) {
    String tenant = access.tenantAt(session.ip()).orElse(NOBODY);
    open.add(session);
    int all = count.incrementAndGet();
    int own = byIp.merge(session.ip(), 1, Integer::sum);
    int shared = byTenant.merge(tenant, 1, Integer::sum);
    session.client().closeFuture().addListener(closed -> release(session, tenant));
    if (own > limits.perSandbox()) {
      return full("more than " + limits.perSandbox() + " connections of one sandbox; close some");
    }
    if (shared > limits.perTenant()) {
      return full("more than " + limits.perTenant() + " connections of one tenant; close some");
    }
    return all > limits.total()
        ? full("the egress proxy has too many connections; try again")
        : Optional.empty();
  }

  private static Optional<Refusal> full(String message) {
    return Optional.of(new Refusal(EgressReason.TooManyConnections, 429, message));
  }

  private void release(Session session, String tenant) {
    open.remove(session);
    count.decrementAndGet();
    less(byIp, session.ip());
    less(byTenant, tenant);
  }

  @SuppressWarnings("NullAway") // null removes the entry
  private static void less(Map<String, Integer> counts, String of) {
    counts.computeIfPresent(of, (key, now) -> now > 1 ? now - 1 : null);
  }

  /** Ends what is not allowed any more. */
  public void recheck() {
    for (Session session : open) {
      session
          .purpose()
          .flatMap(purpose -> access.refuses(purpose.sandbox(), purpose.destination()))
          .ifPresent(refusal -> cut(session, refusal));
    }
  }

  private void cut(Session session, Refusal refusal) {
    session
        .client()
        .eventLoop()
        .execute(() -> {
          if (session.client().isOpen()) {
            observer.denied(session.ip(), session.sandbox(), session.destination(), refusal);
            session.client().close();
          }
        });
  }

  public int open() {
    return count.get();
  }
}

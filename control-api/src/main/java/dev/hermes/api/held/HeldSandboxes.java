package dev.hermes.api.held;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.audit.AuditLog.Outcome;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.sandbox.Execution;
import dev.hermes.api.sandbox.HeldLease;
import dev.hermes.api.sandbox.HeldLeases;
import dev.hermes.api.sandbox.HeldPods;
import dev.hermes.api.sandbox.SandboxHold;
import dev.hermes.api.tenant.Tenants;
import dev.hermes.crds.Role;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Makes and ends sandboxes for apps. A user sees its own, an admin or owner the whole tenant's;
 * whatever else there is does not exist for the caller.
 */
@Singleton
public final class HeldSandboxes {
  private final Tenants tenants;
  private final HeldLeases leases;
  private final HeldPods pods;
  private final AuditLog audit;
  private final TenantDatabase database;

  HeldSandboxes(
      Tenants tenants, HeldLeases leases, HeldPods pods, AuditLog audit, TenantDatabase database) {
    this.database = database;
    this.tenants = tenants;
    this.leases = leases;
    this.pods = pods;
    this.audit = audit;
  }

  /** Makes one; 429 when the tenant has as many as it may, 503 when none can run now. */
  public HeldSandbox create(Principal caller, SandboxWish wish, String requestId)
      throws InterruptedException {
    EffectiveTenant tenant = tenants.effective(caller.tenant());
    EffectivePolicy policy = WishCheck.policy(tenant, wish.policy());
    Duration lasts = WishCheck.lasts(policy, wish);
    WishCheck.texts(wish);
    SandboxHold hold =
        SandboxHold.held(
            caller.tenant(),
            tenant,
            policy,
            caller.user(),
            lasts,
            wish.environment(),
            wish.egress());
    if (!leases.reserve(hold, wish.metadata())) {
      throw new ApiException(full());
    }
    Optional<Execution> failure = pods.claim(hold);
    if (failure.isPresent()) {
      throw new ApiException(failure(failure.get()));
    }
    Map<String, String> detail = new LinkedHashMap<>(Map.of("policy", policy.name()));
    wish.egress().ifPresent(egress -> detail.put("network", egress.annotation()));
    return leases.with(
        database,
        caller.tenant(),
        () -> {
          HeldSandbox made = find(caller, hold.lease());
          record(caller, "sandbox.create", hold.lease(), detail, requestId);
          return made;
        });
  }

  /** The caller's live sandbox of this id; 404 otherwise. */
  public HeldSandbox find(Principal caller, UUID id) {
    return leases
        .find(caller.tenant(), id)
        .filter(lease -> owner(caller).filter(user -> !user.equals(lease.user())).isEmpty())
        .map(lease -> withPolicy(tenants.effective(caller.tenant()), lease))
        .orElseThrow(() -> new ApiException(notFound(id.toString())));
  }

  /** Live sandboxes, at most as many as the filter says. */
  public List<HeldSandbox> list(Principal caller, HeldLeases.Filter wanted) {
    EffectiveTenant tenant = tenants.effective(caller.tenant());
    HeldLeases.Filter filter =
        new HeldLeases.Filter(
            owner(caller),
            wanted.metadata(),
            wanted.policy(),
            wanted.startedAfter(),
            wanted.oldestFirst(),
            wanted.before(),
            wanted.limit());
    return leases.list(caller.tenant(), filter).stream()
        .map(lease -> withPolicy(tenant, lease))
        .toList();
  }

  /** Moves the end to so long from now. */
  public HeldSandbox extend(Principal caller, UUID id, Duration lasts, boolean shorten) {
    HeldSandbox known = find(caller, id);
    known
        .policy()
        .ifPresent(policy -> WishCheck.within(lasts, policy.limits().maxLifetimeSeconds(), 0));
    return leases
        .extend(caller.tenant(), id, lasts, shorten)
        .map(lease -> new HeldSandbox(lease, known.policy()))
        .orElseThrow(() -> new ApiException(notFound(id.toString())));
  }

  /**
   * Changes what the sandbox may reach of what its policy allows; 503 when it stays as it was.
   *
   * @param egress empty: all that the policy allows
   */
  public void narrow(Principal caller, UUID id, Optional<SandboxEgress> egress, String requestId) {
    HeldSandbox known = find(caller, id);
    Optional<String> failure = pods.narrow(known.lease(), egress);
    if (failure.isPresent()) {
      throw new ApiException(
          Failure.unavailable(
                  "network_unchanged",
                  "The network of the sandbox is as it was: " + failure.get() + ". Try again.")
              .retryAfter(1));
    }
    String network = egress.map(SandboxEgress::annotation).orElse("the policy's");
    record(caller, "sandbox.network", id, Map.of("network", network), requestId);
  }

  /** Ends the sandbox and all that runs in it. */
  public void end(Principal caller, UUID id, String requestId) {
    HeldSandbox known = find(caller, id);
    pods.end(caller.tenant(), known.lease());
    record(caller, "sandbox.end", id, Map.of(), requestId);
  }

  /** An id that is none is that of no sandbox. */
  public static UUID id(String text) {
    try {
      return UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      throw new ApiException(notFound(text));
    }
  }

  /** For whom an id is not that of a live sandbox of theirs. */
  public static Failure notFound(String id) {
    return Failure.notFound(
        "There is no sandbox '"
            + id
            + "'. It may have ended; GET /v1/sandboxes lists those there are.");
  }

  private void record(
      Principal caller, String action, UUID id, Map<String, String> detail, String requestId) {
    audit.record(
        caller.tenant(),
        new AuditLog.Entry(
            caller.user(), action, "sandbox:" + id, Outcome.ALLOWED, detail, requestId));
  }

  private static HeldSandbox withPolicy(EffectiveTenant tenant, HeldLease lease) {
    return new HeldSandbox(lease, tenant.policy(lease.policy()));
  }

  /** Empty when the caller may see the whole tenant's. */
  private static Optional<String> owner(Principal caller) {
    return caller.hasAny(Role.ADMIN, Role.OWNER) ? Optional.empty() : Optional.of(caller.user());
  }

  private static Failure failure(Execution why) {
    return switch (why) {
      case Execution.Full full -> full();
      case Execution.Unavailable none ->
          Failure.unavailable("sandbox_unavailable", "No sandbox can run: " + none.reason() + ".")
              .retryAfter(5);
      case Execution.Broken broken ->
          Failure.unavailable("sandbox_unavailable", "The sandbox broke off: " + broken.reason());
      case Execution.Ran ran -> throw new IllegalStateException("nothing was to run");
    };
  }

  private static Failure full() {
    return Failure.tooMany(
            "sandboxes_in_use",
            "No sandbox is free: this tenant has as many as it may; one must end first.")
        .retryAfter(5);
  }
}

package dev.hermes.api.sandbox;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.id.UuidV7;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * One request's hold on a sandbox: its session's, its own when it has no session, or one that an
 * app holds by name. The request's thread owns it.
 */
public final class SandboxHold {
  private final TenantId tenantId;
  private final EffectiveTenant tenant;
  private final EffectivePolicy policy;
  private final String user;
  private final Optional<String> session;
  private final Duration idle;
  private final Map<String, String> environment;
  private final Optional<SandboxEgress> egress;
  private UUID lease = UuidV7.next();
  private boolean reserved;
  private Optional<SandboxPodRef> pod = Optional.empty();

  public SandboxHold(
      TenantId tenantId,
      EffectiveTenant tenant,
      EffectivePolicy policy,
      String user,
      Optional<String> session) {
    // a call may take its full time without the sandbox being idle
    this(
        tenantId,
        tenant,
        policy,
        user,
        session,
        Duration.ofSeconds(
            policy.limits().idleTimeoutSeconds() + policy.limits().execTimeoutSeconds()),
        Map.of(),
        Optional.empty());
  }

  private SandboxHold(
      TenantId tenantId,
      EffectiveTenant tenant,
      EffectivePolicy policy,
      String user,
      Optional<String> session,
      Duration idle,
      Map<String, String> environment,
      Optional<SandboxEgress> egress) {
    this.tenantId = tenantId;
    this.tenant = tenant;
    this.policy = policy;
    this.user = user;
    this.session = session;
    this.idle = idle;
    this.environment = Map.copyOf(environment);
    this.egress = egress;
  }

  /**
   * A hold of an app, which says itself how long.
   *
   * @param lasts from now; the policy's longest life bounds it
   * @param environment variables of everything that runs in it
   * @param egress what it may reach of what the policy allows; empty: all of that
   */
  public static SandboxHold held(
      TenantId tenantId,
      EffectiveTenant tenant,
      EffectivePolicy policy,
      String user,
      Duration lasts,
      Map<String, String> environment,
      Optional<SandboxEgress> egress) {
    return new SandboxHold(
        tenantId, tenant, policy, user, Optional.empty(), lasts, environment, egress);
  }

  /** A pod as its lease names it; where it listens is known once it is Ready. */
  public record SandboxPodRef(String name, String uid, Optional<String> ip) {}

  /** The sandbox's id, which is its lease's. */
  public String sandboxId() {
    return lease.toString();
  }

  Claim claim() {
    return new Claim(sandboxId(), egress);
  }

  public EffectivePolicy policy() {
    return policy;
  }

  Map<String, String> environment() {
    return environment;
  }

  /** Until when the lease lasts if nobody uses or extends it. */
  Duration idle() {
    return idle;
  }

  TenantId tenantId() {
    return tenantId;
  }

  EffectiveTenant tenant() {
    return tenant;
  }

  String user() {
    return user;
  }

  Optional<String> session() {
    return session;
  }

  public UUID lease() {
    return lease;
  }

  /** Whether there is a lease, of this request or from before. */
  public boolean isReserved() {
    return reserved;
  }

  public Optional<SandboxPodRef> pod() {
    return pod;
  }

  /** What is known of the lease from its row. */
  public void reserved(UUID id, Optional<SandboxPodRef> leased) {
    this.lease = id;
    this.pod = leased;
    this.reserved = true;
  }

  void has(SandboxPodRef claimed) {
    this.pod = Optional.of(claimed);
  }

  /** The sandbox is no more; the next one has another id. */
  void lost() {
    this.lease = UuidV7.next();
    this.pod = Optional.empty();
    this.reserved = false;
  }
}

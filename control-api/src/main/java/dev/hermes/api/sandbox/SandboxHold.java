package dev.hermes.api.sandbox;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.id.UuidV7;
import java.util.Optional;
import java.util.UUID;

/**
 * One request's hold on a sandbox: its session's, or its own when it has no session. The request's
 * thread owns it.
 */
public final class SandboxHold {
  private final TenantId tenantId;
  private final EffectiveTenant tenant;
  private final EffectivePolicy policy;
  private final String user;
  private final Optional<String> session;
  private UUID lease = UuidV7.next();
  private boolean reserved;
  private Optional<SandboxPodRef> pod = Optional.empty();

  public SandboxHold(
      TenantId tenantId,
      EffectiveTenant tenant,
      EffectivePolicy policy,
      String user,
      Optional<String> session) {
    this.tenantId = tenantId;
    this.tenant = tenant;
    this.policy = policy;
    this.user = user;
    this.session = session;
  }

  /** A pod as its lease names it; where it listens is known once it is Ready. */
  record SandboxPodRef(String name, String uid, Optional<String> ip) {}

  /** The sandbox's id, which is its lease's. */
  public String sandboxId() {
    return lease.toString();
  }

  public EffectivePolicy policy() {
    return policy;
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

  UUID lease() {
    return lease;
  }

  boolean isReserved() {
    return reserved;
  }

  Optional<SandboxPodRef> pod() {
    return pod;
  }

  void reserved(UUID id, Optional<SandboxPodRef> leased) {
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

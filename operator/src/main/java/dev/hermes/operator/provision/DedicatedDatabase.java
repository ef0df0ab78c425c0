package dev.hermes.operator.provision;

import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.database.access.DirectSource;
import dev.hermes.database.dedicated.TenantDatabaseSecret;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A tenant's own database, reached with what its Secret says. Every failure is a {@link
 * DedicatedUnavailable}: of a leader's epoch that is over, too, for whoever owns this database must
 * not be able to end the operator.
 */
public final class DedicatedDatabase {
  static final String PROVISIONER = "hermes_provisioner";
  static final String PROBE = "hermes_probe";

  private final DedicatedChecks checks;
  private final Fenced fenced;
  private final String clusterUid;

  /**
   * @param epoch of this leader, see {@link Fenced}
   * @param clusterUid the cluster that this process serves
   */
  public DedicatedDatabase(TenantDatabaseSecret secret, LongSupplier epoch, String clusterUid) {
    DirectSource provisioner =
        new DirectSource(secret.url(), PROVISIONER, secret.provisioner(), "hermes-operator");
    this.checks =
        new DedicatedChecks(
            provisioner, new DirectSource(secret.url(), PROBE, secret.probe(), "hermes-operator"));
    this.fenced = new Fenced(provisioner, epoch, () -> {});
    this.clusterUid = clusterUid;
  }

  /** Whether it may be worked with at all. */
  public DedicatedChecks checks() {
    return checks;
  }

  /** Whose the tenant's rows are here; empty: there are none. */
  public Optional<Holder> holder(UUID tenant) {
    return told(PROVISIONER, () -> new Adoptions(fenced, clusterUid).holder(tenant));
  }

  /** Whether a purge has finished here; its tombstone has no configuration. */
  public boolean isPurged(UUID tenant) {
    return told(
        PROVISIONER,
        () ->
            fenced.ask(handle ->
                handle
                    .createQuery(
                        """
                        select exists (
                          select from hermes.tenants
                           where tenant_id = :tenant and state = 'deleted' and config = '{}')\
                        """)
                    .bind("tenant", tenant)
                    .mapTo(Boolean.class)
                    .one()));
  }

  /** How many other tenants live here. */
  public long others(UUID tenant) {
    return told(
        PROVISIONER,
        () ->
            fenced.ask(handle ->
                handle
                    .createQuery(
                        """
                        select count(*) from hermes.tenants
                         where tenant_id <> :tenant and state <> 'deleted'\
                        """)
                    .bind("tenant", tenant)
                    .mapTo(Long.class)
                    .one()));
  }

  /** Gives the rows to {@code tenant}, as the platform's own database has done. */
  public void adopt(UUID id, Holder former, Tenant tenant) {
    boolean adopted =
        told(PROVISIONER, () -> new Adoptions(fenced, clusterUid).adopt(id, former, tenant));
    if (!adopted) {
      throw new DedicatedUnavailable(
          Reason.AdoptPurged,
          "the tenant's own database has begun to purge its data, which does not come back; make a"
              + " new Tenant");
    }
  }

  /** The copy of the tenant's row that its content refers to. */
  public void upsert(TenantRow row) {
    told(PROVISIONER, () -> new TenantRows(fenced, clusterUid).upsert(row));
  }

  /** Says here, too, that the tenant was deleted. */
  public void delete(DeletedTenant tenant) {
    told(
        PROVISIONER,
        () -> {
          new TenantRows(fenced, clusterUid).delete(tenant);
          return true;
        });
  }

  /** One transaction that removes about {@code rows} rows of the tenant. */
  public Purges.Progress purge(UUID tenant, int rows) {
    return told(PROVISIONER, () -> new Purges(fenced).purge(tenant, rows));
  }

  static <T> T told(String role, Supplier<T> work) {
    try {
      return work.get();
    } catch (DedicatedUnavailable e) {
      throw e;
    } catch (RuntimeException e) {
      if (Fenced.state(e).isEmpty()) {
        throw e;
      }
      throw DedicatedFailures.of(role, e);
    }
  }
}

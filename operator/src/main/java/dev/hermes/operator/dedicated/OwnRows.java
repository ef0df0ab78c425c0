package dev.hermes.operator.dedicated;

import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.operator.provision.DedicatedDatabase;
import dev.hermes.operator.provision.DedicatedUnavailable;
import dev.hermes.operator.provision.Holder;
import dev.hermes.operator.provision.TenantRow;
import java.util.Optional;

/** Sees to it that a tenant's own database holds this tenant, and no other. */
final class OwnRows {
  private OwnRows() {}

  /** This tenant's rows and nobody else's, under the object that has them in the platform's own. */
  static void provision(Tenant tenant, TenantRow row, DedicatedDatabase database) {
    Optional<Holder> holder = database.holder(row.tenantId());
    if (holder.isEmpty()) {
      if (hadData(tenant)) {
        throw new DedicatedUnavailable(
            Reason.DataMissing,
            "the database that the Secret leads to has no data of this tenant, which had some;"
                + " restore it there, or correct the Secret");
      }
      if (database.others(row.tenantId()) > 0) {
        throw new DedicatedUnavailable(
            Reason.DatabaseTaken,
            "the database has another tenant's data; each Dedicated tenant needs one of its own");
      }
    } else if (holder.get().purged()) {
      throw new DedicatedUnavailable(
          Reason.AdoptPurged, "the data was purged and does not come back; make a new Tenant");
    } else if (!holder.get().objectUid().equals(row.objectUid())) {
      database.adopt(row.tenantId(), holder.get(), tenant);
    }
    database.upsert(row);
  }

  /** Lost data must not become a new, empty tenant. */
  private static boolean hadData(Tenant tenant) {
    return tenant.getSpec().adopt() != null
        || tenant.getStatus() != null && tenant.getStatus().database() != null;
  }
}

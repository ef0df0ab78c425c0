package dev.hermes.operator.tenant;

import dev.hermes.crds.tenant.Tenant;
import java.util.Optional;

/** What other capabilities tell and are told about a tenant; wired in the main class. */
public interface TenantNeighbours {
  TenantCounts counts(String tenantName, Optional<String> namespace);

  /** The tenant was looked at: keys and policies that name it may have to change. */
  void changed(Tenant tenant);

  /** The tenant became Ready. */
  void ready(Tenant tenant);
}

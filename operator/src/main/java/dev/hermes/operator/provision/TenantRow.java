package dev.hermes.operator.provision;

import dev.hermes.crds.effective.EffectiveTenant;
import java.util.UUID;

/** A tenant as it is to be stored: the object it stands for, and what the API is to know of it. */
public record TenantRow(String objectUid, UUID tenantId, EffectiveTenant config) {

  String state() {
    return config.suspended() ? "suspended" : "active";
  }
}

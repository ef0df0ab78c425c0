package dev.hermes.operator.tenant;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.operator.kube.Conditions;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.Arrays;
import java.util.List;

/** A tenant's state in one word, for the metric {@code hermes_tenants}. */
public enum TenantPhase {
  Ready,
  Reconciling,
  Stalled,
  Suspended,
  Deleting;

  public static TenantPhase of(Tenant tenant) {
    List<Condition> conditions = TenantStatuses.conditions(tenant);
    if (tenant.getMetadata().getDeletionTimestamp() != null) {
      return Deleting;
    }
    if (Conditions.isTrue(conditions, ConditionType.Stalled)) {
      return Stalled;
    }
    if (Conditions.isTrue(conditions, ConditionType.Suspended)) {
      return Suspended;
    }
    return Conditions.isTrue(conditions, ConditionType.Ready) ? Ready : Reconciling;
  }

  public static List<String> names() {
    return Arrays.stream(values()).map(Enum::name).toList();
  }
}

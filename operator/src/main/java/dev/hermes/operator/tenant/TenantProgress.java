package dev.hermes.operator.tenant;

import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.TenantStatus;
import dev.hermes.operator.kube.StepOutcome;
import java.util.Optional;
import java.util.UUID;

/**
 * What each step of one reconciliation came to.
 *
 * @param schemaVersion of the place of the tenant's content; empty: the platform's own
 * @param deletionBlocked what others hold the namespace with, when it is to go
 */
record TenantProgress(
    Optional<UUID> tenantId,
    Optional<String> namespace,
    StepOutcome plan,
    StepOutcome database,
    Optional<Integer> schemaVersion,
    StepOutcome namespaceReady,
    StepOutcome networkIsolated,
    StepOutcome isolation,
    Optional<TenantStatus.SelfTest> selfTest,
    Optional<String> deletionBlocked) {

  /** Which rows are this tenant's is not settled: nothing was made or changed. */
  static TenantProgress withoutData(StepOutcome database) {
    return withoutData(Optional.empty(), database);
  }

  /**
   * The rows are there and the place of the content is not: as without data, but the id is known.
   */
  static TenantProgress withoutPlace(UUID id, StepOutcome database) {
    return withoutData(Optional.of(id), database);
  }

  private static TenantProgress withoutData(Optional<UUID> id, StepOutcome database) {
    StepOutcome waiting =
        new StepOutcome.Waiting(
            Reason.WaitingForDatabase, "the tenant has no data yet: see DatabaseReady");
    return new TenantProgress(
        id,
        Optional.empty(),
        waiting,
        database,
        Optional.empty(),
        waiting,
        waiting,
        waiting,
        Optional.empty(),
        Optional.empty());
  }
}

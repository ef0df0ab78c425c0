package dev.hermes.operator.dedicated;

import dev.hermes.crds.Reason;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Invalid;
import dev.hermes.operator.kube.StepOutcome.Ready;
import dev.hermes.operator.kube.StepOutcome.Waiting;
import dev.hermes.operator.provision.DedicatedUnavailable;
import java.util.Optional;
import java.util.Set;

/** Makes conditions of what stands in the way of a tenant's own database; pure. */
final class Refusals {
  /** What nobody but a person can end. */
  private static final Set<Reason> FOR_PEOPLE =
      Set.of(
          Reason.DatabaseSecretInvalid,
          Reason.DatabaseTooOld,
          Reason.DatabaseRoleTooStrong,
          Reason.DatabaseWallMissing,
          Reason.DatabaseTaken,
          Reason.DataMissing,
          Reason.AdoptPurged);

  private Refusals() {}

  static DedicatedStep.Outcome of(DedicatedUnavailable e, int schemaVersion) {
    String message = String.valueOf(e.getMessage());
    boolean wall = e.reason() == Reason.DatabaseWallMissing || e.reason() == Reason.SelfTestFailed;
    StepOutcome isolation =
        wall
            ? new Invalid(e.reason(), message)
            : new Waiting(Reason.WaitingForDatabase, "not tested: see DatabaseReady");
    if (e.reason() == Reason.SelfTestFailed) {
      return new DedicatedStep.Outcome(
          new Ready(Reason.Provisioned, "in its own database"),
          isolation,
          Optional.empty(),
          schemaVersion);
    }
    return new DedicatedStep.Outcome(
        FOR_PEOPLE.contains(e.reason())
            ? new Invalid(e.reason(), message)
            : new Waiting(e.reason(), message),
        isolation,
        Optional.empty(),
        schemaVersion);
  }
}

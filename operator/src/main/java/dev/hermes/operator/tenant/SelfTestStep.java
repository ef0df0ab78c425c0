package dev.hermes.operator.tenant;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantStatus;
import dev.hermes.database.access.Place;
import dev.hermes.operator.kube.Conditions;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Invalid;
import dev.hermes.operator.kube.StepOutcome.Ready;
import dev.hermes.operator.provision.IsolationSelfTest;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Runs the isolation self-test when a tenant is new or changed, and every hour; a new process goes
 * by what the last one wrote into the status, so that a restart writes nothing.
 */
final class SelfTestStep {
  private static final Duration EVERY = Duration.ofHours(1);

  /** An outcome, and when and of which generation it was. */
  record Result(StepOutcome outcome, Instant time, long generation) {
    TenantStatus.SelfTest toStatus() {
      return new TenantStatus.SelfTest(time.toString(), outcome.isReady() ? "Passed" : "Failed");
    }
  }

  private final Map<UUID, Result> results = new ConcurrentHashMap<>();
  private final IsolationSelfTest test;
  private final int schemaVersion;
  private final Clock clock;

  /**
   * @param schemaVersion of the database; a test before it was migrated counts no more
   */
  SelfTestStep(IsolationSelfTest test, int schemaVersion, Clock clock) {
    this.test = test;
    this.schemaVersion = schemaVersion;
    this.clock = clock;
  }

  Result run(Tenant tenant, UUID tenantId) {
    long generation = tenant.getMetadata().getGeneration();
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Optional<Result> last =
        Optional.ofNullable(results.get(tenantId)).or(() -> told(tenant, tenantId));
    if (last.isPresent() && counts(last.get(), generation, now)) {
      results.put(tenantId, last.get());
      return last.get();
    }
    Result result =
        new Result(outcome(test.failure(tenantId, schema(tenant, tenantId))), now, generation);
    results.put(tenantId, result);
    return result;
  }

  private static String schema(Tenant tenant, UUID id) {
    String own = DatabaseStep.database(TenantCache.spec(tenant), id).schema();
    return own == null ? Place.SHARED_SCHEMA : own;
  }

  void forget(UUID tenantId) {
    results.remove(tenantId);
  }

  private static boolean counts(Result last, long generation, Instant now) {
    return last.outcome().isReady()
        && last.generation() == generation
        && !last.time().isAfter(now)
        && last.time().plus(EVERY).isAfter(now);
  }

  /** What the process before this one found, when it was this very tenant and schema. */
  private Optional<Result> told(Tenant tenant, UUID tenantId) {
    TenantStatus status = tenant.getStatus();
    if (status == null
        || status.lastSelfTest() == null
        || status.database() == null
        || !tenantId.toString().equals(status.tenantId())
        || !Integer.toString(schemaVersion).equals(status.database().schemaVersion())
        || !Conditions.isTrue(status.conditions(), ConditionType.IsolationVerified)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Result(
              outcome(Optional.empty()),
              Instant.parse(status.lastSelfTest().time()),
              status.observedGeneration()));
    } catch (DateTimeException e) {
      return Optional.empty(); // not written by us: tested again
    }
  }

  private static StepOutcome outcome(Optional<String> failure) {
    return failure
        .<StepOutcome>map(text -> new Invalid(Reason.SelfTestFailed, text))
        .orElseGet(() -> new Ready(Reason.Passed, "row-level security holds for this tenant"));
  }
}

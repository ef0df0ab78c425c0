package dev.hermes.operator.tenant;

import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.TenantStatus;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Invalid;
import dev.hermes.operator.kube.StepOutcome.Ready;
import dev.hermes.operator.provision.IsolationSelfTest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Runs the isolation self-test when a tenant is new or changed, and every hour. */
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
  private final Clock clock;

  SelfTestStep(IsolationSelfTest test, Clock clock) {
    this.test = test;
    this.clock = clock;
  }

  Result run(UUID tenantId, long generation) {
    Result last = results.get(tenantId);
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    if (last != null
        && last.outcome().isReady()
        && last.generation() == generation
        && last.time().plus(EVERY).isAfter(now)) {
      return last;
    }
    Result result = new Result(outcome(test.failure(tenantId)), now, generation);
    results.put(tenantId, result);
    return result;
  }

  void forget(UUID tenantId) {
    results.remove(tenantId);
  }

  private static StepOutcome outcome(Optional<String> failure) {
    return failure
        .<StepOutcome>map(text -> new Invalid(Reason.SelfTestFailed, text))
        .orElseGet(() -> new Ready(Reason.Passed, "row-level security holds for this tenant"));
  }
}

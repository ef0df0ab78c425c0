package dev.hermes.operator.dedicated;

import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.TenantStatus;
import dev.hermes.operator.kube.StepOutcome;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the last look at each tenant's own database came to, and for how long that counts: a
 * database that is away costs a worker three seconds a look, and there are six workers for all.
 */
final class Looks {
  private static final Duration FRESH = Duration.ofSeconds(20);
  private static final Duration SLOWEST = Duration.ofSeconds(60);
  private static final Duration VERIFY = Duration.ofHours(1);
  private static final int MOST_DOUBLINGS = 4;

  private final Map<String, Look> looks = new ConcurrentHashMap<>();
  private final Clock clock;

  Looks(Clock clock) {
    this.clock = clock;
  }

  /**
   * One look.
   *
   * @param secretVersion empty: the Secret could not be used
   * @param verifiedAt when walls and self-test were last found in order, of this Secret and this
   *     generation
   * @param failures in a row
   */
  record Look(
      DedicatedStep.Outcome outcome,
      String secretVersion,
      long generation,
      Instant at,
      @Nullable Instant verifiedAt,
      int failures) {}

  /** The last outcome, while it need not be asked again. */
  Optional<DedicatedStep.Outcome> fresh(String tenantUid, String secretVersion, long generation) {
    return same(tenantUid, secretVersion, generation)
        .filter(look -> clock.instant().isBefore(look.at().plus(pause(look))))
        .map(Look::outcome);
  }

  /** When walls and self-test were found in order, if that still counts. */
  Optional<Instant> verified(String tenantUid, String secretVersion, long generation) {
    return same(tenantUid, secretVersion, generation)
        .flatMap(look -> Optional.ofNullable(look.verifiedAt()))
        .filter(at -> clock.instant().isBefore(at.plus(VERIFY)));
  }

  void good(
      String tenantUid,
      String secretVersion,
      long generation,
      DedicatedStep.Outcome outcome,
      Instant verifiedAt) {
    looks.put(
        tenantUid, new Look(outcome, secretVersion, generation, clock.instant(), verifiedAt, 0));
  }

  void bad(String tenantUid, String secretVersion, long generation, DedicatedStep.Outcome outcome) {
    int before = same(tenantUid, secretVersion, generation).map(Look::failures).orElse(0);
    looks.put(
        tenantUid, new Look(outcome, secretVersion, generation, clock.instant(), null, before + 1));
  }

  /** Of the last look that found one; 0 before. */
  int schemaVersion(String tenantUid) {
    Look look = looks.get(tenantUid);
    return look == null ? 0 : look.outcome().schemaVersion();
  }

  boolean isUnready(String tenantUid) {
    Look look = looks.get(tenantUid);
    return look != null
        && !(look.outcome().database().isReady() && look.outcome().isolation().isReady());
  }

  void forget(String tenantUid) {
    looks.remove(tenantUid);
  }

  private Optional<Look> same(String tenantUid, String secretVersion, long generation) {
    return Optional.ofNullable(looks.get(tenantUid))
        .filter(look -> look.secretVersion().equals(secretVersion))
        .filter(look -> look.generation() == generation);
  }

  private static Duration pause(Look look) {
    if (look.failures() == 0) {
      return FRESH;
    }
    StepOutcome outcome = look.outcome().database();
    if (outcome.reason() == Reason.Migrating) {
      return Duration.ZERO;
    }
    Duration pause = Duration.ofSeconds(4L << Math.min(look.failures() - 1, MOST_DOUBLINGS));
    return pause.compareTo(SLOWEST) > 0 ? SLOWEST : pause;
  }

  /** The result that the status shows. */
  static TenantStatus.SelfTest passed(Instant at) {
    return new TenantStatus.SelfTest(at.toString(), "Passed");
  }
}

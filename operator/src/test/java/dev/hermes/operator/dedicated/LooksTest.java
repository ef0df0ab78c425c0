package dev.hermes.operator.dedicated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Reason;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.provision.DedicatedUnavailable;
import dev.hermes.operator.testing.Fixtures;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LooksTest {
  private Instant now = Fixtures.NOW;
  private final Looks looks =
      new Looks(
          new Clock() {
            @Override
            public ZoneId getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
              return this;
            }

            @Override
            public Instant instant() {
              return now;
            }
          });

  private static DedicatedStep.Outcome good() {
    return new DedicatedStep.Outcome(
        new StepOutcome.Ready(Reason.Provisioned, ""),
        new StepOutcome.Ready(Reason.Passed, ""),
        Optional.empty(),
        7);
  }

  private static DedicatedStep.Outcome bad(Reason reason) {
    return Refusals.of(new DedicatedUnavailable(reason, "why"), 7);
  }

  /** How long nobody looks again. */
  private Duration silence() {
    Instant begun = now;
    while (looks.fresh("t", "v1", 1).isPresent()) {
      now = now.plusSeconds(1);
    }
    return Duration.between(begun, now);
  }

  @Test
  @DisplayName("a database that stays away is asked ever more rarely, but at least once a minute")
  void backoff() {
    long[] expected = {4, 8, 16, 32, 60, 60};
    for (long seconds : expected) {
      looks.bad("t", "v1", 1, bad(Reason.DatabaseUnreachable));
      assertThat(silence()).isEqualTo(Duration.ofSeconds(seconds));
    }
    assertThat(looks.isUnready("t")).isTrue();
    looks.good("t", "v1", 1, good(), now);
    assertThat(looks.isUnready("t")).isFalse();
    assertThat(silence()).isEqualTo(Duration.ofSeconds(20));
    looks.bad("t", "v1", 1, bad(Reason.DatabaseUnreachable));
    assertThat(silence()).as("the count began anew").isEqualTo(Duration.ofSeconds(4));
  }

  @Test
  @DisplayName("a changed Secret or spec is looked at now, and what was verified before is again")
  void changed() {
    looks.good("t", "v1", 1, good(), now);
    assertThat(looks.fresh("t", "v1", 1)).isPresent();
    assertThat(looks.verified("t", "v1", 1)).contains(now);
    assertThat(looks.fresh("t", "v2", 1)).isEmpty();
    assertThat(looks.verified("t", "v2", 1)).isEmpty();
    assertThat(looks.fresh("t", "v1", 2)).isEmpty();
    assertThat(looks.verified("t", "v1", 2)).isEmpty();
    now = now.plus(Duration.ofHours(1));
    assertThat(looks.verified("t", "v1", 1)).as("hourly").isEmpty();
  }

  @Test
  @DisplayName("after a failure nothing counts as verified; a running migration is watched closely")
  void failed() {
    looks.good("t", "v1", 1, good(), now);
    looks.bad("t", "v1", 1, bad(Reason.Migrating));
    assertThat(looks.verified("t", "v1", 1)).isEmpty();
    assertThat(looks.fresh("t", "v1", 1)).isEmpty();
    assertThat(looks.schemaVersion("t")).isEqualTo(7);
  }

  @Test
  @DisplayName("a fallen wall shows in both conditions, a failed self-test in the one about walls")
  void walls() {
    DedicatedStep.Outcome wall = bad(Reason.DatabaseWallMissing);
    assertThat(wall.database()).isInstanceOf(StepOutcome.Invalid.class);
    assertThat(wall.isolation()).isInstanceOf(StepOutcome.Invalid.class);
    DedicatedStep.Outcome test = bad(Reason.SelfTestFailed);
    assertThat(test.database().isReady()).isTrue();
    assertThat(test.isolation().isReady()).isFalse();
    assertThat(bad(Reason.DatabaseUnreachable).database()).isInstanceOf(StepOutcome.Waiting.class);
  }
}

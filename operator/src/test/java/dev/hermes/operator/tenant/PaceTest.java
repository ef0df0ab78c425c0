package dev.hermes.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.operator.testing.Fixtures;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PaceTest {
  private Instant now = Fixtures.NOW;
  private final Pace pace =
      new Pace(
          new Clock() {
            @Override
            public Instant instant() {
              return now;
            }

            @Override
            public ZoneId getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
              throw new UnsupportedOperationException();
            }
          });

  private String takes(Duration duration) {
    return pace.taken(() -> {
      now = now.plus(duration);
      return "result";
    });
  }

  @Test
  @DisplayName("K8S-7 nothing is taken for quick that was not quick just now")
  void quick() {
    assertThat(pace.isQuick()).as("before the first run").isFalse();
    assertThat(takes(Pace.QUICK.minusMillis(1))).isEqualTo("result");
    assertThat(pace.isQuick()).isTrue();
    now = now.plus(Pace.KNOWN_FOR);
    assertThat(pace.isQuick()).as("too long ago").isFalse();
  }

  @Test
  @DisplayName("a slow run, or one that throws, ends it")
  void slow() {
    takes(Duration.ZERO);
    takes(Pace.QUICK);
    assertThat(pace.isQuick()).isFalse();

    takes(Duration.ZERO);
    assertThatThrownBy(() ->
            pace.taken(() -> {
              throw new IllegalStateException("away");
            }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(pace.isQuick()).isFalse();
  }
}

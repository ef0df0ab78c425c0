package dev.hermes.api.model.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RetryRuleTest {
  private static final RetryRule RULE = RetryRule.STANDARD;

  /** Draws the highest number there is. */
  private static final RandomGenerator HIGHEST =
      new Random() {
        private static final long serialVersionUID = 1L;

        @Override
        public long nextLong(long bound) {
          return bound - 1;
        }
      };

  private static Duration longest(int failed) {
    return RULE.pause(failed, Optional.empty(), HIGHEST).orElseThrow();
  }

  @Test
  @DisplayName("RES-4 the longest pauses are 1, 2, 4 … seconds, up to the cap of 60")
  void doubled() {
    assertThat(IntStream.of(1, 2, 3, 4, 5, 6, 7, 8, 64, 5000).mapToObj(RetryRuleTest::longest))
        .map(Duration::toSeconds)
        .containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L, 60L, 60L);
  }

  @Test
  @DisplayName("RES-4 a thousand clients that failed together come back spread out")
  void spread() {
    SplittableRandom random = new SplittableRandom(7);
    long[] tenths = new long[10];
    for (int i = 0; i < 1000; i++) {
      Duration pause = RULE.pause(1, Optional.empty(), random).orElseThrow();
      assertThat(pause).isBetween(Duration.ZERO, Duration.ofSeconds(1));
      tenths[(int) Math.min(9, pause.toMillis() / 100)]++;
    }
    assertThat(Arrays.stream(tenths).boxed())
        .allSatisfy(tenth -> assertThat(tenth).isBetween(60L, 140L));
  }

  @Test
  @DisplayName("RES-5 Retry-After is kept, and spread; beyond the cap there is no use in waiting")
  void retryAfter() {
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 100; i++) {
      assertThat(RULE.pause(1, Optional.of(Duration.ofSeconds(20)), random).orElseThrow())
          .isBetween(Duration.ofSeconds(20), Duration.ofSeconds(21));
    }
    assertThat(RULE.pause(1, Optional.of(Duration.ofSeconds(60)), HIGHEST))
        .contains(Duration.ofSeconds(60));
    assertThat(RULE.pause(1, Optional.of(Duration.ofSeconds(61)), random)).isEmpty();
  }

  @Test
  @DisplayName("a rule without attempts, or whose first pause is above the cap, is refused")
  void rules() {
    assertThatThrownBy(() -> new RetryRule(0, Duration.ZERO, Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RetryRule(1, Duration.ofSeconds(2), Duration.ofSeconds(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

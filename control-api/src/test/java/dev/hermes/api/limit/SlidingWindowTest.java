package dev.hermes.api.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.limit.SlidingWindow.Verdict;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SlidingWindowTest {
  private final SlidingWindow window = new SlidingWindow();

  @Test
  @DisplayName("LIM-10 waiting the stated time succeeds, and not a slot earlier")
  void trueRetryAfter() {
    for (int i = 0; i < 5; i++) {
      assertThat(window.admit(5, 1_000 + i * 10_000L).admitted()).isTrue();
    }
    Verdict refused = window.admit(5, 42_000);
    assertThat(refused.admitted()).isFalse();
    assertThat(refused.remaining()).isZero();
    assertThat(window.admit(5, 42_000 + refused.waitMillis() - 200).admitted()).isFalse();
    assertThat(window.admit(5, 42_000 + refused.waitMillis()).admitted()).isTrue();
  }

  @Test
  @DisplayName("LIM-1 refused calls do not extend the window")
  void refusedLeaveNoTrace() {
    window.admit(1, 0);
    for (int i = 1; i < 600; i++) {
      assertThat(window.admit(1, i * 100L).admitted()).isFalse();
    }
    assertThat(window.admit(1, 60_200).admitted()).isTrue();
  }

  @Test
  void remainingCountsDown() {
    assertThat(window.admit(3, 0).remaining()).isEqualTo(2);
    assertThat(window.admit(3, 0).remaining()).isEqualTo(1);
    Verdict last = window.admit(3, 0);
    assertThat(last.remaining()).isZero();
    assertThat(last.admitted()).isTrue();
    assertThat(last.resetMillis()).isBetween(60_000L, 60_200L);
  }

  @Test
  @DisplayName("LIM-1 no minute ever holds more than the limit, whatever the arrivals")
  void neverMoreThanTheLimit() {
    Random random = new Random(7);
    Deque<Long> admitted = new ArrayDeque<>();
    long now = 1_000_000;
    int total = 0;
    for (int i = 0; i < 50_000; i++) {
      now += random.nextInt(4) == 0 ? random.nextInt(5_000) : random.nextInt(20);
      if (window.admit(100, now).admitted()) {
        admitted.add(now);
        total++;
      }
      while (!admitted.isEmpty() && admitted.peek() <= now - 60_000) {
        admitted.poll();
      }
      assertThat(admitted.size()).isLessThanOrEqualTo(100);
    }
    assertThat(total).isGreaterThan(10_000);
  }

  @Test
  void aClockThatStepsBackHarmsNothing() {
    window.admit(2, 100_000);
    assertThat(window.admit(2, 50_000).admitted()).isTrue();
    assertThat(window.admit(2, 100_000).admitted()).isFalse();
  }
}

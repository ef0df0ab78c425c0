package dev.hermes.api.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SilenceTest {
  private static final Duration LONGEST = Duration.ofMillis(400);

  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final AtomicBoolean ended = new AtomicBoolean();

  @AfterEach
  void stop() {
    timer.shutdownNow();
  }

  @Test
  @DisplayName("an exchange of which nothing is heard is ended, and the silence said")
  void silent() {
    try (Silence silence = Silence.over(() -> ended.set(true), LONGEST, timer)) {
      await().untilTrue(ended);
      assertThat(silence.expired()).isTrue();
    }
  }

  @Test
  @DisplayName("handing on for longer than the longest silence is none; the next silence is one")
  void away() throws InterruptedException {
    try (Silence silence = Silence.over(() -> ended.set(true), LONGEST, timer)) {
      silence.away();
      Thread.sleep(LONGEST.multipliedBy(3));
      assertThat(ended).isFalse();
      silence.heard();
      await().untilTrue(ended);
      assertThat(silence.expired()).isTrue();
    }
  }

  @Test
  @DisplayName("a process that stood still has not listened")
  void stoodStill() throws Exception {
    try (Silence silence = Silence.over(() -> ended.set(true), LONGEST, timer)) {
      // as a stop of the world does it: the clock goes on, and no look is taken
      timer.submit(() -> sleep(LONGEST.multipliedBy(3))).get();
      // in the timer's own order: after the first look that follows, whatever the machine does
      boolean given = timer.schedule(ended::get, 60, TimeUnit.MILLISECONDS).get();
      assertThat(given).isFalse();
      await().untilTrue(ended);
      assertThat(silence.expired()).isTrue();
    }
  }

  @Test
  @DisplayName("a watch that is closed ends nothing")
  void over() throws Exception {
    Silence.over(() -> ended.set(true), LONGEST, timer).close();
    Thread.sleep(LONGEST.multipliedBy(2));
    assertThat(ended).isFalse();
  }

  private static void sleep(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

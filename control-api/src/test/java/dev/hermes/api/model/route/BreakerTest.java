package dev.hermes.api.model.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.api.model.route.Breaker.End;
import dev.hermes.api.model.route.Breaker.State;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BreakerTest {
  private final TestClock clock = new TestClock();
  private final Breaker breaker = new Breaker(BreakerRule.STANDARD, clock);

  private void call(End end) {
    breaker.admit().orElseThrow().ended(end);
  }

  private void open() {
    for (int i = 0; i < 5; i++) {
      call(End.BADLY);
    }
  }

  @Test
  @DisplayName(
      "RES-1 five failures in a row open it for 60 s; a success or a busy upstream is none")
  void opens() {
    for (int i = 0; i < 4; i++) {
      call(End.BADLY);
    }
    call(End.WELL);
    for (int i = 0; i < 4; i++) {
      call(End.BADLY);
      call(End.UNTOLD);
    }
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    call(End.BADLY);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
    assertThat(breaker.admit()).isEmpty();
    clock.pass(Duration.ofSeconds(59));
    assertThat(breaker.admit()).isEmpty();
    assertThat(breaker.left()).isEqualTo(Duration.ofSeconds(1));
    clock.pass(Duration.ofSeconds(1));
    assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
  }

  @Test
  @DisplayName("RES-1 half open, two successes close it and one failure opens it again")
  void probes() {
    open();
    clock.pass(Duration.ofSeconds(60));
    call(End.WELL);
    assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    call(End.BADLY);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
    assertThat(breaker.left()).isEqualTo(Duration.ofSeconds(60));
    clock.pass(Duration.ofSeconds(60));
    call(End.WELL);
    call(End.UNTOLD);
    assertThat(breaker.state()).as("one success is not enough").isEqualTo(State.HALF_OPEN);
    call(End.WELL);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    call(End.BADLY);
    assertThat(breaker.state()).as("closed is as new").isEqualTo(State.CLOSED);
  }

  @Test
  @DisplayName("RES-1 of 50 parallel calls of a half open breaker two go upstream")
  void parallelProbes() throws Exception {
    open();
    clock.pass(Duration.ofSeconds(60));
    CountDownLatch all = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Breaker.Pass>> calls =
          java.util.stream.IntStream.range(0, 50)
              .mapToObj(any ->
                  threads.submit(() -> {
                    all.await();
                    return breaker.admit().orElse(null);
                  }))
              .toList();
      all.countDown();
      long admitted = 0;
      for (Future<Breaker.Pass> call : calls) {
        admitted += Objects.isNull(call.get()) ? 0 : 1;
      }
      assertThat(admitted).isEqualTo(2);
    }
  }

  @Test
  @DisplayName("a call from before it opened neither closes it nor keeps it open longer")
  void lateCalls() {
    Breaker.Pass slow = breaker.admit().orElseThrow();
    Breaker.Pass slower = breaker.admit().orElseThrow();
    open();
    clock.pass(Duration.ofSeconds(30));
    slow.ended(End.WELL);
    slower.ended(End.BADLY);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
    assertThat(breaker.left()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  @DisplayName("a probe that ends after another opened it again frees its place and tells nothing")
  void lateProbes() {
    open();
    clock.pass(Duration.ofSeconds(60));
    Breaker.Pass first = breaker.admit().orElseThrow();
    Breaker.Pass second = breaker.admit().orElseThrow();
    first.ended(End.BADLY);
    second.ended(End.WELL);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
    clock.pass(Duration.ofSeconds(60));
    call(End.WELL);
    assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    assertThat(breaker.admit()).isPresent();
    assertThat(breaker.admit()).isPresent();
    assertThat(breaker.admit()).isEmpty();
  }

  @Test
  @DisplayName("a rule that could never open or never close is refused")
  void rules() {
    assertThatThrownBy(() -> new BreakerRule(0, Duration.ofSeconds(1), 1, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new BreakerRule(1, Duration.ZERO, 1, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new BreakerRule(1, Duration.ofSeconds(1), 0, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

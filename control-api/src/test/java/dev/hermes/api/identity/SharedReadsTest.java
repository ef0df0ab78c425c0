package dev.hermes.api.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SharedReadsTest {
  private final SharedReads<String, Integer> reads = new SharedReads<>();
  private final AtomicInteger count = new AtomicInteger();
  private final CountDownLatch gate = new CountDownLatch(1);

  private Integer slow() {
    int mine = count.incrementAndGet();
    try {
      gate.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return mine;
  }

  private Thread waiting(CompletableFuture<Integer> into) {
    return Thread.ofVirtual().start(() -> into.complete(reads.of("k", this::slow)));
  }

  @Test
  @DisplayName("100 who ask at once cost one read; who asks after it costs another")
  void shared() throws Exception {
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        answers.add(pool.submit(() -> reads.of("k", this::slow)));
      }
      Thread.sleep(200);
      gate.countDown();
      for (Future<Integer> answer : answers) {
        assertThat(answer.get()).isEqualTo(1);
      }
    }
    assertThat(reads.of("k", count::incrementAndGet)).isEqualTo(2);
  }

  @Test
  @DisplayName("what was being read when it was forgotten is given to nobody who asks later")
  void forgotten() throws Exception {
    CompletableFuture<Integer> before = new CompletableFuture<>();
    waiting(before);
    await().until(() -> count.get() == 1);
    reads.forget();
    CompletableFuture<Integer> after = new CompletableFuture<>();
    waiting(after);
    await().until(() -> count.get() == 2);
    gate.countDown();
    assertThat(before.get()).isEqualTo(1);
    assertThat(after.get()).isEqualTo(2);
  }

  @Test
  @DisplayName("all who waited get the failure as it was, and the next read is a new one")
  void failed() throws Exception {
    CompletableFuture<Throwable> follower = new CompletableFuture<>();
    CountDownLatch begun = new CountDownLatch(1);
    Thread leader =
        Thread.ofVirtual()
            .start(() -> {
              try {
                reads.of(
                    "k",
                    () -> {
                      begun.countDown();
                      slow();
                      throw new IllegalArgumentException("away");
                    });
              } catch (IllegalArgumentException e) {
                return;
              }
            });
    begun.await();
    Thread second =
        Thread.ofVirtual()
            .start(() -> {
              try {
                reads.of("k", count::incrementAndGet);
              } catch (IllegalArgumentException e) {
                follower.complete(e);
              }
            });
    await().until(() -> second.getState() == Thread.State.WAITING);
    gate.countDown();
    assertThat(follower.get()).isInstanceOf(IllegalArgumentException.class).hasMessage("away");
    leader.join();
    assertThat(reads.of("k", () -> 7)).isEqualTo(7);
    assertThatThrownBy(() ->
            reads.of(
                "k",
                () -> {
                  throw new IllegalStateException("again");
                }))
        .hasMessage("again");
  }
}

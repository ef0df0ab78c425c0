package dev.hermes.api.thread;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.api.testing.TestApi;
import io.micronaut.inject.qualifiers.Qualifiers;
import io.micronaut.scheduling.TaskExecutors;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OneThreadTest {
  @Test
  @DisplayName("a task goes to a virtual thread, and what it hands on stays in that one")
  void stays() throws Exception {
    try (var threads = new OneThread(Executors.newVirtualThreadPerTaskExecutor())) {
      staysIn(threads);
    }
  }

  @Test
  @DisplayName("control: of an executor that is not ours each task gets a thread of its own")
  void control() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      assertThatThrownBy(() -> staysIn(threads)).hasStackTraceContaining("AssertionError");
    }
  }

  @Test
  @DisplayName("the server's requests run in such threads")
  void server() throws Exception {
    staysIn(
        TestApi.shared()
            .context()
            .getBean(ExecutorService.class, Qualifiers.byName(TaskExecutors.BLOCKING)));
  }

  private static void staysIn(ExecutorService threads) throws Exception {
    Thread first = threads.submit(Thread::currentThread).get();
    assertThat(first.isVirtual()).isTrue();
    assertThat(threads.submit(Thread::currentThread).get()).isNotSameAs(first);
    threads
        .submit(() -> {
          Thread here = Thread.currentThread();
          assertThat(threads.submit(Thread::currentThread).get()).isSameAs(here);
          return true;
        })
        .get();
  }
}

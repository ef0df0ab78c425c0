package dev.hermes.api.thread;

import static org.assertj.core.api.Assertions.assertThat;

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
      Thread first = threads.submit(Thread::currentThread).get();
      assertThat(first.isVirtual()).isTrue();
      assertThat(first).isNotSameAs(threads.submit(Thread::currentThread).get());
      threads
          .submit(() -> {
            Thread here = Thread.currentThread();
            assertThat(threads.submit(Thread::currentThread).get()).isSameAs(here);
            return true;
          })
          .get();
    }
  }

  @Test
  @DisplayName("the server's requests run in such threads")
  void server() throws Exception {
    ExecutorService blocking =
        TestApi.shared()
            .context()
            .getBean(ExecutorService.class, Qualifiers.byName(TaskExecutors.BLOCKING));
    assertThat(blocking).isInstanceOf(OneThread.class);
    assertThat(blocking.submit(Thread::currentThread).get().isVirtual()).isTrue();
  }
}

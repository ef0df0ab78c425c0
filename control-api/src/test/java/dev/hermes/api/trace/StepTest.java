package dev.hermes.api.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StepTest {
  private static final List<String> STOP = List.of("stop");

  @Test
  @DisplayName("OBS-6 a step of what is not traced is always the same, and makes no garbage")
  void free() {
    assertThat(Step.begin("a", "b")).isSameAs(Step.NONE).isSameAs(Step.calling("c", "d"));
    assertThat(Step.traceparent()).isEmpty();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    steps(10_000);
    long before = threads.getCurrentThreadAllocatedBytes();
    long begun = System.nanoTime();
    steps(1_000_000);
    long nanos = System.nanoTime() - begun;
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    System.out.printf("a step that is not kept: %.1f ns, %d bytes in all%n", nanos / 1e6, bytes);
    assertThat(bytes).isLessThan(10_000);
  }

  @Test
  @DisplayName(
      "OBS-8 to put a request's words on a thread and off again costs a microsecond or less")
  void words() {
    RequestScope scope = new RequestScope("req_1", Step.NONE);
    for (int round = 0; round < 2; round++) {
      long begun = System.nanoTime();
      for (int i = 0; i < 200_000; i++) {
        scope.restoreThreadContext(scope.updateThreadContext());
      }
      long nanos = (System.nanoTime() - begun) / 200_000;
      System.out.printf("a request's words on a thread and off: %d ns%n", nanos);
      assertThat(nanos).isLessThan(20_000);
    }
    assertThat(org.slf4j.MDC.get("request_id")).isNull();
    try (var _ = RequestScope.working("req_2", "t")) {
      try (var _ = RequestScope.working("", "u")) {
        assertThat(org.slf4j.MDC.get("request_id")).isNull();
        assertThat(org.slf4j.MDC.get("tenant")).isEqualTo("u");
      }
      assertThat(org.slf4j.MDC.get("request_id")).isEqualTo("req_2");
      assertThat(org.slf4j.MDC.get("tenant")).isEqualTo("t");
    }
    assertThat(org.slf4j.MDC.get("tenant")).isNull();
  }

  private static void steps(int many) {
    for (int i = 0; i < many; i++) {
      try (Step step = Step.calling("chat", "model")) {
        step.with("gen_ai.usage.input_tokens", i).with("gen_ai.response.finish_reasons", STOP);
      }
    }
  }

  @Test
  @DisplayName("work of nobody's request goes to another thread as it is")
  void nobody() {
    Runnable work = () -> {};
    assertThat(Carried.over(work)).isSameAs(work);
    assertThat(Carried.beyond(work)).isSameAs(work);
  }
}

package dev.hermes.api.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.api.chat.Interruption.Cause;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class InterruptionTest {
  private final Interruption interruption = new Interruption();

  private Object during(RuntimeException failure, boolean raised) throws InterruptedException {
    return interruption.during(() -> {
      if (raised) {
        interruption.raise(Cause.CLIENT_GONE);
      }
      throw failure;
    });
  }

  @Test
  @DisplayName(
      "what an interrupt breaks on its way is the interrupt's end; without one it is a failure")
  void broken() {
    IllegalStateException broken = new IllegalStateException("closed by interrupt");
    assertThatThrownBy(() -> during(broken, false)).isSameAs(broken);
    assertThatThrownBy(() -> during(broken, true))
        .isInstanceOf(InterruptedException.class)
        .hasMessage("CLIENT_GONE")
        .hasCause(broken);
    assertThat(Thread.interrupted()).as("no interrupt is left over").isFalse();
  }

  @Test
  @DisplayName("the first cause counts, and a call that comes too late does not begin")
  void late() {
    interruption.raise(Cause.WALL_CLOCK);
    interruption.raise(Cause.SHUTDOWN);
    assertThat(interruption.cause()).contains(Cause.WALL_CLOCK);
    assertThatThrownBy(() ->
            interruption.during(() -> {
              throw new AssertionError("it began");
            }))
        .isInstanceOf(InterruptedException.class)
        .hasMessage("WALL_CLOCK");
  }

  @Test
  @DisplayName("AGW-6 a turn that waits for its client's slow reading is aborted, not given up")
  void waitingForTheClient() {
    assertThatThrownBy(() ->
            interruption.during(() -> {
              interruption.raise(Cause.ABORTED);
              throw new ClientGoneException();
            }))
        .isInstanceOf(InterruptedException.class)
        .hasMessage("ABORTED");
    Interruption gone = new Interruption();
    assertThatThrownBy(() ->
            gone.during(() -> {
              gone.raise(Cause.CLIENT_GONE);
              throw new ClientGoneException();
            }))
        .as("control")
        .isInstanceOf(ClientGoneException.class);
  }
}

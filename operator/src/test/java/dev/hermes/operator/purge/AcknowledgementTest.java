package dev.hermes.operator.purge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AcknowledgementTest {
  @Test
  void time() {
    assertThat(Acknowledgement.parse(" 2026-08-01T14:00:00+02:00\n"))
        .isEqualTo(Instant.parse("2026-08-01T12:00:00Z"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "yes", "2026-08-01", "2026-08-01T12:00:00", "12345"})
  @DisplayName("what is no time with an offset is refused, with an example")
  void noTime(String text) {
    assertThatThrownBy(() -> Acknowledgement.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("acknowledgedUntil")
        .hasMessageContaining("2026-08-01T12:00:00Z");
  }
}

package dev.hermes.api.problem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageCursorTest {
  private static final Instant TIME = Instant.parse("2026-08-01T12:00:00.123456Z");

  private record Place(float rank, Instant time, String name) {}

  private static Place read(String cursor) {
    PageCursor place = PageCursor.parse(cursor, 3);
    return new Place(
        place.number(0), place.time(1), place.text(2, text -> text.matches("[a-z ]{1,8}")));
  }

  @Test
  @DisplayName("a cursor is read as it was made; its last part may have spaces")
  void there() {
    String cursor = PageCursor.of(0.5f, TIME, "a b").toString();
    assertThat(cursor).matches("[A-Za-z0-9_-]+");
    assertThat(read(cursor)).isEqualTo(new Place(0.5f, TIME, "a b"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0.5",
        "0.5 2026-08-01T12:00:00Z",
        "x 2026-08-01T12:00:00Z a",
        "0.5 yesterday a",
        "0.5 +999999999-12-31T23:59:59Z a",
        "0.5 -4800-01-01T00:00:00Z a",
        "0.5 2026-08-01T12:00:00Z ",
        "0.5 2026-08-01T12:00:00Z a\0",
      })
  @DisplayName("what no page has ended with is refused with 400, and reaches no statement")
  void refused(String place) {
    String cursor = Base64.getUrlEncoder().encodeToString(place.getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> read(cursor))
        .isInstanceOfSatisfying(
            ApiException.class,
            e -> {
              assertThat(e.failure().status()).isEqualTo(400);
              assertThat(e.failure().param()).isEqualTo("after");
            });
  }

  @Test
  @DisplayName("what is no base64 is refused alike")
  void spelling() {
    assertThatThrownBy(() -> read("%%%")).isInstanceOf(ApiException.class);
  }
}

package dev.hermes.api.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EventReaderTest {

  @Test
  void dataOfEvents() throws IOException {
    assertThat(
            all(
                ": comment\n\nevent: x\nid: 1\ndata: one\n\ndata:two\r\n\r\nretry: 5\n\n"
                    + "data: a\ndata: b\n\n"))
        .containsExactly("one", "two", "a\nb");
  }

  @Test
  void anEventWithoutItsEndWasCutOff() throws IOException {
    assertThat(all("data: one\n\ndata: tw")).containsExactly("one");
    assertThat(all("data: one\n\ndata: two\n")).containsExactly("one");
  }

  @Test
  void linesOfAnyLengthWhereverTheBufferEnds() throws IOException {
    for (int length = 8170; length < 8200; length++) {
      String text = "x".repeat(length);
      EventReader reader =
          reader("data: " + text + "\r\n\r\ndata: " + text + text + "\n\n", 100_000);
      assertThat(reader.next()).contains(text);
      assertThat(reader.next()).contains(text + text);
      assertThat(reader.next()).isEmpty();
    }
  }

  @Test
  void endless() {
    EventReader reader = reader("data: " + "x".repeat(5000), 1000);
    assertThatThrownBy(reader::next).isInstanceOf(IOException.class);
  }

  private static List<String> all(String text) throws IOException {
    EventReader reader = reader(text, 10_000);
    List<String> events = new ArrayList<>();
    for (Optional<String> next = reader.next(); next.isPresent(); next = reader.next()) {
      events.add(next.get());
    }
    return events;
  }

  private static EventReader reader(String text, long most) {
    return new EventReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), most);
  }
}

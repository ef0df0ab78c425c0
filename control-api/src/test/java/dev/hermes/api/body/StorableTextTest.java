package dev.hermes.api.body;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StorableTextTest {

  @ParameterizedTest
  @ValueSource(strings = {"plain", "ü😀", "a\\b", "\\u0000 as text", "q\"q", "tab\t", "\\\\u0000"})
  void storableTextIsUntouched(String text) {
    assertThat(stored(text)).isEqualTo(json(text));
  }

  @ParameterizedTest
  @CsvSource({"0", "55296", "57343"})
  void whatJsonbCannotHoldIsReplaced(int character) {
    assertThat(stored("a" + (char) character + "b")).isEqualTo(json("a\uFFFDb"));
    assertThat(stored("\\" + (char) character)).isEqualTo(json("\\\uFFFD"));
  }

  private static String stored(String text) {
    return StorableText.of(json(text));
  }

  private static String json(String text) {
    return JsonNodeFactory.instance.textNode(text).toString();
  }
}

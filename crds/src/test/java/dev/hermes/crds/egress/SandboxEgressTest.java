package dev.hermes.crds.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SandboxEgressTest {
  @Test
  @DisplayName("one text for each list, and that list for the text")
  void canonical() {
    SandboxEgress egress =
        SandboxEgress.of(List.of("b.example:443", "*.A.example", "b.example:443", "a.b-c.example"));
    assertThat(egress.annotation()).isEqualTo("*.a.example,a.b-c.example,b.example:443");
    assertThat(SandboxEgress.parse(egress.annotation())).contains(egress);
    assertThat(SandboxEgress.of(List.of())).isEqualTo(SandboxEgress.nothing());
    assertThat(SandboxEgress.parse("none")).contains(SandboxEgress.nothing());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*",
        "localhost",
        "*.",
        "*.*.example",
        "a.*.example",
        "a..example",
        "-a.example",
        "a_b.example",
        "a.example:",
        "a.example:0",
        "a.example:65536",
        "a.example:1:2",
        "10.0.0.1",
        "10.0.0.1:443",
        "1.1",
        "a.0x7f",
        "0.0.0.0/0",
        "::1",
        "[::1]:443",
        "http://a.example",
        "a.example/",
        "a.example ",
        "a,b.example",
        "ä.example",
        "none"
      })
  @DisplayName("what is no destination is refused")
  void refused(String text) {
    assertThatThrownBy(() -> SandboxEgress.of(List.of(text)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is no destination");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",",
        "a.example,",
        ",a.example",
        "A.example",
        "b.example,a.example",
        "a.example,a.example",
        "a.example, b.example",
        "none,a.example",
        "NONE"
      })
  @DisplayName("a text that is not canonical is none")
  void parse(String text) {
    assertThat(SandboxEgress.parse(text)).isEmpty();
  }

  @Test
  @DisplayName("as many as may be, and one more")
  void bounds() {
    List<String> most =
        IntStream.range(0, SandboxEgress.MOST).mapToObj(i -> "a" + i + ".example").toList();
    assertThat(SandboxEgress.of(most).destinations()).hasSize(SandboxEgress.MOST);
    assertThatThrownBy(() ->
            SandboxEgress.of(
                IntStream.range(0, SandboxEgress.MOST + 1)
                    .mapToObj(i -> "a" + i + ".example")
                    .toList()))
        .hasMessageContaining("at most");
    assertThatThrownBy(() ->
            SandboxEgress.of(
                IntStream.range(0, 40)
                    .mapToObj(i -> "a" + i + ("." + "x".repeat(50)).repeat(2) + ".example")
                    .toList()))
        .hasMessageContaining("at most");
  }
}

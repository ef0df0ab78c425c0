package dev.hermes.api.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
  @ParameterizedTest
  @DisplayName("SBX-14 which paths a pattern names")
  @CsvSource({
    "out.txt, out.txt, true",
    "out.txt, out_txt, false",
    "out, out/a/b, true",
    "out, output, false",
    "*.csv, a.csv, true",
    "*.csv, .csv, true",
    "*.csv, d/a.csv, false",
    "d/*.csv, d/a.csv, true",
    "d/?.csv, d/ab.csv, false",
    "d/?.csv, d/a.csv, true",
    "a/**, a/b, true",
    "a/**, a/b/c/d, true",
    "a/**, ab/c, false",
    "**/*.csv, a.csv, true",
    "**/*.csv, x/y/a.csv, true",
    "**/x, x, true",
    "**/x, fox, false",
    "**/x, fo/x, true",
    "a/**/z, a/z, true",
    "a/**/z, a/b/c/z, true",
    "a/**/z, a/bz, false",
    "**, any/thing, true",
    "a*b*c, a1b2c, true",
    "a*b*c, a1b2, false",
    "[ab].txt, a.txt, false",
    "'[ab]?.txt', '[ab]1.txt', true"
  })
  void matches(String pattern, String path, boolean matches) {
    assertThat(new Glob(pattern).matches(path)).isEqualTo(matches);
  }

  @ParameterizedTest
  @DisplayName("where to look for them, and how deep")
  @CsvSource({"a/b/c.txt, a/b, 1", "a/b/*.txt, a/b, 1", "a/*/c, a, 2", "**/c, '', 64", "x, '', 1"})
  void folder(String pattern, String folder, int depth) {
    assertThat(String.join("/", new Glob(pattern).folder())).isEqualTo(folder);
    assertThat(new Glob(pattern).depth()).isEqualTo(depth);
  }

  @Test
  @DisplayName("SBX-13 no pattern takes long, however many stars it has")
  void quick() {
    Glob glob = new Glob("*a".repeat(99) + "b");
    String path = "a".repeat(1024);
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(5), () -> assertThat(glob.matches(path)).isFalse());
  }
}

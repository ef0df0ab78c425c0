package dev.hermes.database.rls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** No id of the catalogue is without a test, in whichever module it belongs. */
class CatalogueTest {
  private static final Pattern NAMES =
      Pattern.compile("@DisplayName\\(((?:\\s*\\+?\\s*\"(?:[^\"\\\\]|\\\\.)*\")+)\\s*\\)");

  @Test
  @DisplayName("TEN-8 each id of the isolation catalogue is the name of a test")
  void complete() throws IOException {
    Map<Integer, TreeSet<String>> tests = new TreeMap<>();
    for (Path source : sources()) {
      for (String name : names(Files.readString(source))) {
        for (int id : Catalogue.ids(name)) {
          tests
              .computeIfAbsent(id, unused -> new TreeSet<>())
              .add(source.getFileName().toString().replace(".java", "") + ": " + name);
        }
      }
    }
    tests.forEach((id, named) -> named.forEach(name -> System.out.printf("R%-3d %s%n", id, name)));
    assertThat(tests.keySet())
        .containsExactlyElementsOf(IntStream.rangeClosed(1, Catalogue.LAST).boxed().toList());
  }

  @Test
  @DisplayName("TEN-8 control: names are found across lines, and other words are no ids")
  void found() {
    String source =
        """
        @DisplayName("R7 one")
        @DisplayName(
            "TEN-2 R22 a \\"quoted\\" "
                + "R23 name")
        // R40 in a comment
        """;
    assertThat(names(source)).hasSize(2);
    assertThat(names(source).stream().flatMap(name -> Catalogue.ids(name).stream()))
        .containsExactly(7, 22, 23);
    assertThat(Catalogue.ids("R0 R51 R-5 PR7 AR12 R3x R5")).containsExactly(5);
  }

  /** Tests of every module of this repository. */
  private static List<Path> sources() throws IOException {
    try (Stream<Path> modules = Files.list(Path.of("..").toRealPath())) {
      return modules
          .map(module -> module.resolve("src/test/java"))
          .filter(Files::isDirectory)
          .flatMap(CatalogueTest::javaFiles)
          .toList();
    }
  }

  private static Stream<Path> javaFiles(Path folder) {
    try {
      return Files.walk(folder)
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.endsWith("CatalogueTest.java"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> names(String source) {
    List<String> names = new ArrayList<>();
    Matcher name = NAMES.matcher(source);
    while (name.find()) {
      names.add(name.group(1).replaceAll("\"\\s*\\+\\s*\"", "").replaceAll("^\\s*\"|\"$", ""));
    }
    return names;
  }
}

package dev.hermes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Compares with a file; {@code -Dupdate.golden=true} writes it instead. */
public final class Golden {
  private Golden() {}

  public static void matches(String name, String actual) throws IOException {
    Path file = Path.of("src/test/resources/golden", name);
    if (Boolean.getBoolean("update.golden")) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, actual);
    }
    assertThat(actual)
        .as("%s; -Dupdate.golden=true rewrites it", name)
        .isEqualTo(Files.readString(file));
  }
}

package dev.hermes.egress.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.egress.EgressReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class EgressMetricsTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/metrics.txt");
  private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+) (\\S+)$");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"");

  @Test
  @DisplayName(
      "OBS-2 names, types and labels are the golden file, which the checks of alerts read;"
          + " -Dupdate.golden=true rewrites it")
  void golden() throws IOException {
    EgressMetrics metrics = new EgressMetrics();
    metrics.watchJvm();
    metrics.connections(() -> 1);
    metrics.denied("acme", EgressReason.HostNotAllowed);
    metrics.failed("acme");
    metrics.bytes("acme", "out", 1);
    String text = shape(metrics.scrape());
    if (Boolean.getBoolean("update.golden")) {
      Files.createDirectories(GOLDEN.getParent());
      Files.writeString(GOLDEN, text);
    }
    assertThat(text).isEqualTo(Files.readString(GOLDEN));
  }

  /** A line for each metric: type, name, labels. */
  private static String shape(String scrape) {
    Map<String, String> lines = new TreeMap<>();
    TYPE.matcher(scrape)
        .results()
        .filter(type ->
            type.group(1)
                .matches("hermes_.*|jvm_gc_(live|max)_data_size_bytes|jvm_memory_used_bytes"))
        .forEach(type -> {
          TreeSet<String> labels = new TreeSet<>();
          Pattern.compile("(?m)^" + type.group(1) + "\\{(.*)} ")
              .matcher(scrape)
              .results()
              .forEach(series ->
                  LABEL
                      .matcher(series.group(1))
                      .results()
                      .forEach(label -> labels.add(label.group(1))));
          lines.put(
              type.group(2) + " " + type.group(1),
              (type.group(2) + " " + type.group(1) + " " + String.join(",", labels)).strip());
        });
    return String.join("\n", lines.values()) + "\n";
  }
}

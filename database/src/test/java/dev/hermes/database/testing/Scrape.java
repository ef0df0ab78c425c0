package dev.hermes.database.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a process shows to Prometheus, read as Prometheus would. Its shape is a golden file, which
 * the checks of alerts and dashboards (dev/alerts) read too.
 */
public record Scrape(Map<String, String> types, List<Sample> samples) {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/metrics.txt");
  private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) (\\S+)");
  private static final Pattern SAMPLE = Pattern.compile("(\\w+)(?:\\{(.*)})? (\\S+)");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");
  private static final Pattern PART = Pattern.compile("_(bucket|count|sum)$");
  // How full the heap is; which further figures there are of a JVM hangs on its collector.
  private static final Set<String> JVM =
      Set.of("jvm_gc_live_data_size_bytes", "jvm_gc_max_data_size_bytes", "jvm_memory_used_bytes");

  /** One series. */
  public record Sample(String name, Map<String, String> labels, double value) {}

  public static Scrape of(String text) {
    Map<String, String> types = new HashMap<>();
    List<Sample> samples = new ArrayList<>();
    for (String line : text.lines().toList()) {
      Matcher type = TYPE.matcher(line);
      Matcher sample = SAMPLE.matcher(line);
      if (type.matches()) {
        types.put(type.group(1), type.group(2));
      } else if (sample.matches()) {
        Map<String, String> labels = new TreeMap<>();
        LABEL
            .matcher(sample.group(2) == null ? "" : sample.group(2))
            .results()
            .forEach(label -> labels.put(label.group(1), label.group(2)));
        samples.add(new Sample(sample.group(1), labels, Double.parseDouble(sample.group(3))));
      }
    }
    return new Scrape(types, samples);
  }

  /** The series that a rate is made of: counters, and the counts of timers. */
  public List<Sample> counts() {
    return samples.stream()
        .filter(sample ->
            "counter".equals(types.get(sample.name())) || sample.name().endsWith("_count"))
        .toList();
  }

  public double highest(String name) {
    return samples.stream()
        .filter(sample -> sample.name().equals(name))
        .mapToDouble(Sample::value)
        .max()
        .orElse(Double.NaN);
  }

  /** Names, types and labels are those of the golden file; -Dupdate.golden=true rewrites it. */
  public void isGolden() {
    String text = String.join("\n", shape(name -> name.startsWith("hermes_"))) + "\n";
    try {
      if (Boolean.getBoolean("update.golden")) {
        Files.createDirectories(GOLDEN.getParent());
        Files.writeString(GOLDEN, text);
      }
      assertThat(text).as(GOLDEN.toString()).isEqualTo(Files.readString(GOLDEN));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A line for each metric: type, name, labels. */
  private Set<String> shape(Predicate<String> ours) {
    Map<String, Set<String>> labels = new TreeMap<>();
    for (Sample sample : samples) {
      String whole = PART.matcher(sample.name()).replaceAll("");
      String name = types.containsKey(sample.name()) ? sample.name() : whole;
      if (ours.test(name) || JVM.contains(name)) {
        labels.computeIfAbsent(name, it -> new TreeSet<>()).addAll(sample.labels().keySet());
      }
    }
    Set<String> lines = new TreeSet<>();
    labels.forEach((name, of) -> {
      of.remove("le");
      lines.add((types.get(name) + " " + name + " " + String.join(",", of)).strip());
    });
    return lines;
  }
}

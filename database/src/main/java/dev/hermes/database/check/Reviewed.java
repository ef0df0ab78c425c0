package dev.hermes.database.check;

import java.util.ArrayList;
import java.util.List;

/** The reviewed exceptions of the meta-check (reviewed.txt). */
record Reviewed(List<Entry> entries) {

  /** One line of the file; the reason is for people. */
  record Entry(String kind, String object) {}

  static Reviewed load() {
    List<Entry> entries = new ArrayList<>();
    for (String line : MetaCheck.resource("reviewed.txt").lines().toList()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      List<String> parts = List.of(line.split(" \\| ", 3));
      if (parts.size() != 3) {
        throw new IllegalStateException("not kind | object | why: " + line);
      }
      entries.add(new Entry(parts.get(0).strip(), parts.get(1).strip()));
    }
    return new Reviewed(List.copyOf(entries));
  }

  String[] kinds() {
    return entries.stream().map(Entry::kind).toArray(String[]::new);
  }

  String[] objects() {
    return entries.stream().map(Entry::object).toArray(String[]::new);
  }
}

package dev.hermes.database.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a backup holds: a text file of tab-separated lines whose last one is the checksum of those
 * before it, so that neither a table nor a line can be lost unnoticed.
 *
 * @param schemaVersion of the newest migration of the database it was taken from
 * @param entries parents before the tables that refer to them
 */
record Manifest(int schemaVersion, Instant taken, List<Entry> entries) {
  static final String FILE = "manifest.tsv";
  private static final String FORMAT = "hermes-backup\t1";
  private static final Pattern OWN_SCHEMA =
      Pattern.compile(
          "hermes_t_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})\\.");

  /**
   * One table.
   *
   * @param bytes of the file, which is COPY's text format under gzip
   * @param sha256 of the file, in hex
   */
  record Entry(String table, List<String> columns, long rows, long bytes, String sha256) {
    String file() {
      return fileOf(table);
    }

    static String fileOf(String table) {
      return table + ".copy.gz";
    }

    private String line() {
      return String.join(
          "\t",
          "table",
          table,
          Long.toString(rows),
          Long.toString(bytes),
          sha256,
          String.join(",", columns));
    }

    private static Entry of(String[] parts) {
      return new Entry(
          parts[1],
          List.of(parts[5].split(",")),
          Long.parseLong(parts[2]),
          Long.parseLong(parts[3]),
          parts[4]);
    }
  }

  long rows() {
    return entries.stream().mapToLong(Entry::rows).sum();
  }

  /** The tenants whose content has a schema of its own, by the names of their tables. */
  Set<UUID> ownSchemas() {
    Set<UUID> tenants = new TreeSet<>();
    for (Entry entry : entries) {
      Matcher own = OWN_SCHEMA.matcher(entry.table());
      if (own.lookingAt()) {
        tenants.add(
            UUID.fromString(
                String.join(
                    "-", own.group(1), own.group(2), own.group(3), own.group(4), own.group(5))));
      }
    }
    return tenants;
  }

  void write(Path folder) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(FORMAT);
    lines.add("schema\t" + schemaVersion);
    lines.add("taken\t" + taken);
    entries.forEach(entry -> lines.add(entry.line()));
    String text = String.join("\n", lines) + "\n";
    Files.writeString(folder.resolve(FILE), text + "end\t" + Checksum.of(text) + "\n");
  }

  /** Throws {@link BackupException} unless the file is there, whole and of a known format. */
  static Manifest read(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      throw new BackupException(folder + " is no finished backup: it has no " + FILE);
    }
    String all = Files.readString(file, StandardCharsets.UTF_8);
    int end = all.lastIndexOf("end\t");
    if (end < 0
        || !all.substring(end).equals("end\t" + Checksum.of(all.substring(0, end)) + "\n")) {
      throw new BackupException(file + " is damaged; take another backup");
    }
    List<String[]> lines = all.substring(0, end).lines().map(line -> line.split("\t", -1)).toList();
    if (!String.join("\t", lines.getFirst()).equals(FORMAT)) {
      throw new BackupException(file + " has a format this version does not know");
    }
    return new Manifest(
        Integer.parseInt(lines.get(1)[1]),
        Instant.parse(lines.get(2)[1]),
        lines.stream().filter(line -> line[0].equals("table")).map(Entry::of).toList());
  }

  /** Compares every file with its checksum; throws {@link BackupException} that names the first. */
  void verify(Path folder) throws IOException {
    for (Entry entry : entries) {
      Path file = folder.resolve(entry.file());
      if (!Files.isRegularFile(file)) {
        throw new BackupException(file + " is missing; take another backup");
      }
      if (Files.size(file) != entry.bytes() || !Checksum.of(file).equals(entry.sha256())) {
        throw new BackupException(
            file + " is damaged: its SHA-256 is not that of the manifest; take another backup");
      }
    }
  }
}

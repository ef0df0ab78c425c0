package dev.hermes.database.backup;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder that holds the backups, one folder each, named by time. A backup gets its name when it
 * is whole; what a killed run left behind is swept by the next one.
 */
record Shelf(Path folder) {
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("'hermes-'yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final Pattern WHOLE = Pattern.compile("hermes-\\d{8}T\\d{6}Z");
  private static final String PART = ".part";

  /** An empty folder for a backup to be written to. */
  Path begin(Instant now) throws IOException {
    Files.createDirectories(folder);
    for (Path left : list(name -> name.endsWith(PART))) {
      remove(left);
    }
    // What is in it is every tenant's: nobody but the Job's user enters.
    return Files.createDirectory(
        folder.resolve(NAME.format(now) + PART),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  Path finish(Path part) throws IOException {
    String name = part.getFileName().toString();
    Path whole = part.resolveSibling(name.substring(0, name.length() - PART.length()));
    return Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Removes all but the newest {@code keep}; returns what it removed. */
  List<Path> prune(int keep) throws IOException {
    List<Path> old =
        list(name -> WHOLE.matcher(name).matches()).stream()
            .sorted(Comparator.reverseOrder())
            .skip(keep)
            .toList();
    for (Path backup : old) {
      remove(backup);
    }
    return old;
  }

  private List<Path> list(Predicate<String> named) throws IOException {
    try (Stream<Path> found = Files.list(folder)) {
      return found.filter(path -> named.test(path.getFileName().toString())).toList();
    }
  }

  private static void remove(Path backup) throws IOException {
    try (Stream<Path> files = Files.walk(backup)) {
      files.sorted(Comparator.reverseOrder()).forEach(Shelf::delete);
    }
  }

  private static void delete(Path path) {
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove the old backup " + path, e);
    }
  }
}

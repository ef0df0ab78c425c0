package dev.hermes.api.job;

import dev.hermes.sandbox.daemon.DaemonClient;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.DaemonFiles;
import dev.hermes.sandbox.daemon.DaemonFiles.Entry;
import dev.hermes.sandbox.daemon.Endpoint;
import jakarta.inject.Singleton;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Finds the files of a sandbox that patterns name. It goes from the home directory down by real
 * directories alone: a symbolic link on the way, or at its end, leads nowhere.
 */
@Singleton
final class ArtifactSearch {
  private static final String FILE = "FILE_TYPE_FILE";

  private final DaemonFiles files;

  ArtifactSearch(DaemonClient daemon) {
    this.files = daemon.files();
  }

  /** A file, by its path from the home directory, and whether it may be read. */
  record Found(String path, long size, Kind kind) {}

  /** What was found under a path. */
  enum Kind {
    FILE,
    LINK,
    OTHER
  }

  /** By path. A folder with more in it than is listed is named as one thing that is no file. */
  Collection<Found> find(Endpoint endpoint, List<String> patterns)
      throws DaemonException, InterruptedException {
    TreeMap<String, Found> found = new TreeMap<>();
    for (String pattern : patterns) {
      find(endpoint, new Glob(pattern), found);
    }
    return found.values();
  }

  private void find(Endpoint endpoint, Glob glob, TreeMap<String, Found> found)
      throws DaemonException, InterruptedException {
    String folder = "";
    for (String name : glob.folder()) {
      if (entry(endpoint, folder, name).filter(ArtifactSearch::isFolder).isEmpty()) {
        return;
      }
      folder = below(folder, name);
    }
    if (glob.isLiteral()) {
      Optional<Entry> named = entry(endpoint, folder, last(glob.pattern()));
      if (named.filter(ArtifactSearch::isFolder).isPresent()) {
        tree(endpoint, glob.pattern(), Glob.everything(), glob, found);
      } else {
        named.ifPresent(entry -> add(glob.pattern(), entry, found));
      }
    } else {
      tree(endpoint, folder, glob.depth(), glob, found);
    }
  }

  /** An entry of a folder that is no link. */
  private Optional<Entry> entry(Endpoint endpoint, String folder, String name)
      throws DaemonException, InterruptedException {
    try {
      return files.list(endpoint, orHome(folder)).stream()
          .filter(entry -> entry.name().equals(name))
          .findFirst();
    } catch (DaemonException.Refused e) {
      return Optional.empty();
    }
  }

  private void tree(
      Endpoint endpoint, String folder, int depth, Glob glob, TreeMap<String, Found> found)
      throws DaemonException, InterruptedException {
    List<Entry> entries;
    try {
      entries = files.list(endpoint, orHome(folder), depth);
    } catch (DaemonException.Refused e) {
      String path = folder.isEmpty() ? glob.pattern() : folder;
      found.put(path, new Found(path, 0, Kind.OTHER));
      return;
    }
    if (entries.isEmpty()) {
      return;
    }
    // the first is in the folder itself, which tells how the daemon calls that
    Entry first = entries.getFirst();
    int base = first.path().length() - first.name().length();
    for (Entry entry : entries) {
      String path = below(folder, entry.path().substring(base));
      if (!isFolder(entry) && glob.matches(path)) {
        add(path, entry, found);
      }
    }
  }

  private static void add(String path, Entry entry, TreeMap<String, Found> found) {
    if (path.startsWith(JobCheck.OWN)) {
      return;
    }
    Kind kind = entry.link() ? Kind.LINK : entry.type().equals(FILE) ? Kind.FILE : Kind.OTHER;
    found.put(path, new Found(path, entry.size(), kind));
  }

  private static boolean isFolder(Entry entry) {
    return entry.isDirectory() && !entry.link();
  }

  private static String below(String folder, String name) {
    return folder.isEmpty() ? name : folder + "/" + name;
  }

  private static String orHome(String folder) {
    return folder.isEmpty() ? "." : folder;
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}

package dev.hermes.api.job;

import dev.hermes.api.body.Sha256;
import dev.hermes.api.job.Artifact.State;
import dev.hermes.api.job.ArtifactSearch.Found;
import dev.hermes.sandbox.daemon.DaemonClient;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.DaemonFiles;
import dev.hermes.sandbox.daemon.Endpoint;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.security.MessageDigest;
import java.util.Collection;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Takes a job's files out of its sandbox, a chunk at a time. What does not fit is named with its
 * size, for nothing is to go missing in silence.
 */
@Singleton
final class ArtifactCollector {
  private static final int MOST_FILES = 64;

  /** Of files that are not kept; what is beyond them is counted. */
  private static final int MOST_NAMED = 256;

  private static final int MOST_PATH = 1024;

  private final ArtifactSearch search;
  private final ArtifactRows rows;
  private final DaemonFiles files;
  private final long mostBytes;

  /**
   * @param mostBytes of all files of a job together
   */
  ArtifactCollector(
      ArtifactSearch search,
      ArtifactRows rows,
      DaemonClient daemon,
      @Value("${hermes.job-artifact-bytes:33554432}") long mostBytes) {
    this.search = search;
    this.rows = rows;
    this.files = daemon.files();
    this.mostBytes = mostBytes;
  }

  /**
   * Collects all of it, from the beginning.
   *
   * @return how many files are not even named; empty when another keeper collects by now
   */
  OptionalInt collect(Turn turn, Job job, Endpoint endpoint)
      throws DaemonException, InterruptedException {
    if (!rows.open(turn)) {
      return OptionalInt.empty();
    }
    Collection<Found> found = search.find(endpoint, job.wish().artifacts());
    int number = 0;
    int kept = 0;
    int leftOut = 0;
    long left = mostBytes;
    for (Found file : found) {
      State state = judge(file, kept, left);
      if (file.path().length() > MOST_PATH
          || state != State.STORED && number - kept >= MOST_NAMED) {
        leftOut++;
        continue;
      }
      Artifact artifact =
          new Artifact(number, storable(file.path()), file.size(), Optional.empty(), state);
      if (state == State.STORED) {
        Optional<Artifact> stored = store(turn, endpoint, artifact, file.path());
        if (stored.isEmpty()) {
          return OptionalInt.empty();
        }
        artifact = stored.get();
        kept++;
        left -= artifact.size();
      }
      if (!rows.file(turn, artifact)) {
        return OptionalInt.empty();
      }
      number++;
    }
    return OptionalInt.of(leftOut);
  }

  private static State judge(Found file, int kept, long left) {
    return switch (file.kind()) {
      case LINK -> State.LINK;
      case OTHER -> State.UNREADABLE;
      case FILE ->
          kept >= MOST_FILES ? State.TOO_MANY : file.size() > left ? State.TOO_LARGE : State.STORED;
    };
  }

  /** Empty when another keeper collects by now. */
  private Optional<Artifact> store(Turn turn, Endpoint endpoint, Artifact file, String path)
      throws DaemonException, InterruptedException {
    MessageDigest digest = Sha256.digest();
    long offset = 0;
    try {
      for (int chunk = 0; offset < file.size(); chunk++) {
        int most = (int) Math.min(ArtifactRows.CHUNK, file.size() - offset);
        byte[] bytes = files.read(endpoint, path, offset, most).bytes();
        if (bytes.length != most) {
          // it changes under our hands: whatever its end would be, it never was a whole
          return Optional.of(unreadable(file));
        }
        if (!rows.chunk(turn, file.number(), chunk, bytes)) {
          return Optional.empty();
        }
        digest.update(bytes);
        offset += bytes.length;
      }
    } catch (DaemonException.Refused e) {
      return Optional.of(unreadable(file));
    }
    return Optional.of(
        new Artifact(
            file.number(),
            file.path(),
            file.size(),
            Optional.of(Sha256.of(digest).hex()),
            State.STORED));
  }

  private static Artifact unreadable(Artifact file) {
    return new Artifact(
        file.number(), file.path(), file.size(), Optional.empty(), State.UNREADABLE);
  }

  /** Names of files are bytes; the daemon tells them as text with U+FFFD for what is none. */
  private static String storable(String path) {
    return path.replace('\0', '\uFFFD');
  }
}

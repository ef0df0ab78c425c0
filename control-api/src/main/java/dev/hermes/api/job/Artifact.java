package dev.hermes.api.job;

import java.util.Locale;
import java.util.Optional;

/**
 * A file that a job left, kept or only named.
 *
 * @param number of the file within its job, from 0
 * @param path from the home directory
 * @param size in bytes
 * @param sha256 of its bytes, in hex; present when they are kept, or were
 */
record Artifact(int number, String path, long size, Optional<String> sha256, State state) {

  /** Whether its bytes are here, and why not. */
  enum State {
    STORED,
    /** The job's files together would be larger than is kept. */
    TOO_LARGE,
    /** The job has more files than are kept. */
    TOO_MANY,
    /** A symbolic link, which nobody follows. */
    LINK,
    /** Neither a file nor a directory, or not to be read; or a folder with too much in it. */
    UNREADABLE,
    /** It was kept for as long as files of jobs are. */
    EXPIRED;

    String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    static State read(String wire) {
      return valueOf(wire.toUpperCase(Locale.ROOT));
    }
  }
}

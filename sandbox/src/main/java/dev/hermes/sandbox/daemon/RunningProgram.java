package dev.hermes.sandbox.daemon;

import java.time.Duration;

/**
 * A program in a sandbox that is spoken with: one thread hears it, any may write to it. The API
 * speaks so with MCP servers.
 */
public interface RunningProgram extends AutoCloseable {
  /** What is heard of a program. */
  sealed interface Heard {}

  /** A piece of its standard output, cut anywhere. */
  record Output(byte[] bytes) implements Heard {}

  /** A piece of its standard error, cut anywhere. */
  record Errors(byte[] bytes) implements Heard {}

  /**
   * The last that is heard.
   *
   * @param how such as {@code exit status 1}, {@code signal: killed}, or why it did not start
   */
  record Ended(String how) implements Heard {}

  /**
   * Waits for what comes next. Who reads slowly slows the program.
   *
   * @throws DaemonException when nothing more can be heard, as after {@link #close}
   */
  Heard next() throws DaemonException;

  /**
   * Writes to its standard input, whole and behind what others write.
   *
   * @param within how long the program may leave it unread; after that some of it may be taken
   */
  void write(byte[] input, Duration within) throws DaemonException, InterruptedException;

  /** Ends its standard input. */
  void closeInput() throws DaemonException, InterruptedException;

  /** Asks it to end (SIGTERM). */
  void terminate() throws DaemonException, InterruptedException;

  /** Ends it with all that it has started. Never waits, and never fails. */
  @Override
  void close();
}

package dev.hermes.api.job;

/** What is seen of a program that was started. */
sealed interface Progress {
  /** It runs. */
  record Running() implements Progress {}

  /**
   * It has ended by itself or at its time limit.
   *
   * @param code as a shell tells it
   */
  record Exited(int code, boolean late) implements Progress {}

  /** Nothing of it runs, and it left no exit code: it was killed. */
  record Killed() implements Progress {}
}

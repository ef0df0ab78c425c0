package dev.hermes.api.problem;

import java.time.Duration;

/**
 * Writes what must not be lost because the database was briefly away: four tries in three seconds.
 */
public final class AwayRetry {
  private static final int TRIES = 4;
  private static final Duration PAUSE = Duration.ofMillis(500);

  private AwayRetry() {}

  /**
   * Throws what the last try threw, or the first that was not for want of the database.
   *
   * @param write may be repeated, also after a commit whose answer was lost
   */
  public static void run(Runnable write) {
    for (int attempt = 1; ; attempt++) {
      try {
        write.run();
        return;
      } catch (RuntimeException e) {
        if (attempt == TRIES || !Failures.isDatabaseAway(e)) {
          throw e;
        }
        pause(attempt);
      }
    }
  }

  private static void pause(int attempt) {
    try {
      Thread.sleep(PAUSE.multipliedBy(attempt));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package dev.hermes.api.limit;

/**
 * Counts the admitted calls of the last minute in slots of a tenth of a second. What it refuses
 * leaves no trace, so a client that keeps asking does not lock itself out.
 */
final class SlidingWindow {
  static final long WINDOW_MILLIS = 60_000;
  private static final int SLOT_MILLIS = 100;
  // one more than the window holds: the running slot and the oldest one never overlap
  private static final int SLOTS = (int) (WINDOW_MILLIS / SLOT_MILLIS) + 1;

  private final int[] admitted = new int[SLOTS];
  private long newest = Long.MIN_VALUE;
  private int sum;

  /** Where the caller stands after this call; {@code waitMillis} is 0 when it was admitted. */
  record Verdict(boolean admitted, int remaining, long waitMillis, long resetMillis) {}

  synchronized Verdict admit(int limit, long nowMillis) {
    long now = nowMillis / SLOT_MILLIS;
    advance(now);
    boolean admit = sum < limit;
    if (admit) {
      admitted[(int) Math.floorMod(newest, (long) SLOTS)]++;
      sum++;
    }
    long reset = sum == 0 ? 0 : untilAtMost(0);
    return new Verdict(admit, Math.max(0, limit - sum), admit ? 0 : untilAtMost(limit - 1), reset);
  }

  private void advance(long now) {
    if (newest == Long.MIN_VALUE) {
      newest = now;
      return;
    }
    long steps = Math.min(now - newest, SLOTS);
    for (long i = 1; i <= steps; i++) {
      int slot = (int) Math.floorMod(newest + i, (long) SLOTS);
      sum -= admitted[slot];
      admitted[slot] = 0;
    }
    newest = Math.max(newest, now);
  }

  /** Milliseconds until at most this many calls are left in the window. */
  private long untilAtMost(int count) {
    int left = sum;
    for (long age = SLOTS - 1; age >= 0; age--) {
      left -= admitted[(int) Math.floorMod(newest - age, (long) SLOTS)];
      if (left <= count) {
        return (SLOTS - age) * SLOT_MILLIS;
      }
    }
    return WINDOW_MILLIS;
  }
}

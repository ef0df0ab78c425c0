package dev.hermes.egress.report;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** Lets a number of things of one kind through in a period; the kinds least used are forgotten. */
final class Pace {
  private static final int MOST_KINDS = 4096;

  private record Window(long begin, int count) {}

  private final int most;
  private final long periodNanos;
  private final LongSupplier clock;
  private final Map<String, Window> windows =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Window> eldest) {
          return size() > MOST_KINDS;
        }
      };

  Pace(int most, long periodNanos, LongSupplier clock) {
    this.most = most;
    this.periodNanos = periodNanos;
    this.clock = clock;
  }

  synchronized boolean allows(String kind) {
    long now = clock.getAsLong();
    Window window = windows.get(kind);
    Window next =
        window == null || now - window.begin() >= periodNanos
            ? new Window(now, 1)
            : new Window(window.begin(), Math.min(window.count(), most) + 1);
    windows.put(kind, next);
    return next.count() <= most;
  }
}

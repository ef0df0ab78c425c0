package dev.hermes.api.identity;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** When each key was last used, written once a minute in one statement and never by a request. */
@Singleton
final class LastUse {
  private static final Logger LOG = LoggerFactory.getLogger(LastUse.class);

  private final Jdbi authn;
  private final Clock clock;
  private final Map<String, Instant> used = new ConcurrentHashMap<>();

  LastUse(@Named("authn") Jdbi authn, Clock clock, ScheduledExecutorService timer) {
    this.authn = authn;
    this.clock = clock;
    timer.scheduleWithFixedDelay(
        () -> Thread.ofVirtual().start(this::flush), 60, 60, TimeUnit.SECONDS);
  }

  void touch(String kid) {
    used.put(kid, clock.instant());
  }

  @PreDestroy
  void flush() {
    Map<String, Instant> batch = Map.copyOf(used);
    if (batch.isEmpty()) {
      return;
    }
    String[] kids = batch.keySet().toArray(String[]::new);
    Object[] times =
        java.util.Arrays.stream(kids)
            .map(kid -> batch.getOrDefault(kid, Instant.EPOCH).atOffset(ZoneOffset.UTC).toString())
            .toArray();
    try {
      authn.useHandle(handle ->
          handle
              .createQuery("select authn.touch(:kids, :times::timestamptz[])::text")
              .bindArray("kids", String.class, (Object[]) kids)
              .bindArray("times", String.class, times)
              .mapTo(String.class)
              .list());
      batch.forEach(used::remove);
    } catch (RuntimeException e) {
      LOG.warn("last use of {} keys is written a minute later: {}", kids.length, e.toString());
    }
  }
}

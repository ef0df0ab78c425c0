package dev.hermes.api.database;

import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Bounds of what tenants' own databases may cost this process. */
@Singleton
final class DedicatedSettings {
  private final int most;
  private final int poolSize;
  private final boolean allowPlaintext;
  private final Duration recheck;
  private final Duration unused;

  DedicatedSettings(
      @Value("${hermes.dedicated-pools:50}") int most,
      @Value("${hermes.dedicated-pool-size:5}") int poolSize,
      @Value("${hermes.dedicated-allow-plaintext:false}") boolean allowPlaintext,
      @Value("${hermes.wall-check:30s}") Duration recheck,
      @Value("${hermes.dedicated-unused:10m}") Duration unused) {
    this.most = most;
    this.poolSize = poolSize;
    this.allowPlaintext = allowPlaintext;
    this.recheck = recheck;
    this.unused = unused;
  }

  /** Databases at a time; a further tenant is refused. */
  int most() {
    return most;
  }

  /** Connections to one database. */
  int poolSize() {
    return poolSize;
  }

  boolean allowPlaintext() {
    return allowPlaintext;
  }

  /** How old the last look at a database may be. */
  Duration recheck() {
    return recheck;
  }

  /** A database that nobody asked for this long is let go of. */
  Duration unused() {
    return unused;
  }
}

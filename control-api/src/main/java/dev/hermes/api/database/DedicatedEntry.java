package dev.hermes.api.database;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.database.access.DatabaseException;
import dev.hermes.database.access.Place;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.dedicated.TenantDatabaseSecret;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One tenant's own database and the verdict on it. No row is read before the first look, and none
 * on a verdict older than the period of looks: the caller who finds it old looks, the others go by
 * it meanwhile.
 */
final class DedicatedEntry {
  private static final Logger LOG = LoggerFactory.getLogger(DedicatedEntry.class);

  /** After a look that failed nobody waits for the next one this long. */
  private static final Duration PAUSE = Duration.ofSeconds(2);

  /**
   * The verdict of a look.
   *
   * @param place empty: not ready
   * @param away the database did not answer
   */
  private record Verdict(Optional<Place> place, boolean away, long at) {}

  private final DedicatedSettings settings;
  private final DatabaseSecrets secrets;
  private final TenantId tenant;
  private final String secret;
  private final ReentrantLock looking = new ReentrantLock();
  private volatile @Nullable Verdict verdict;
  private volatile @Nullable DedicatedPool pool;
  private volatile boolean doubtful;
  private volatile boolean closed;
  private String lastReason = "";

  DedicatedEntry(
      DedicatedSettings settings, DatabaseSecrets secrets, TenantId tenant, String secret) {
    this.settings = settings;
    this.secrets = secrets;
    this.tenant = tenant;
    this.secret = secret;
  }

  String secret() {
    return secret;
  }

  /** Throws 503 while the database may not or cannot be used. */
  Place place() {
    Verdict last = verdict;
    if (last == null) {
      looking.lock();
    }
    // one looks; who has a verdict goes by it meanwhile
    if (last == null || isOld(last) && looking.tryLock()) {
      try {
        Verdict now = verdict;
        if (now == null || isOld(now)) {
          doubtful = false;
          verdict = look();
        }
      } finally {
        looking.unlock();
      }
    }
    return judged(Objects.requireNonNull(verdict));
  }

  /** Nobody opens it again: another entry has taken its place, or nobody asked for long. */
  void close() {
    closed = true;
    drop();
  }

  private void drop() {
    DedicatedPool open = pool;
    pool = null;
    if (open != null) {
      open.retire();
    }
  }

  private boolean isOld(Verdict last) {
    Duration age = Duration.ofNanos(System.nanoTime() - last.at());
    return last.place().isPresent()
        ? doubtful || age.compareTo(settings.recheck()) >= 0
        : age.compareTo(PAUSE) >= 0;
  }

  private static Place judged(Verdict verdict) {
    if (verdict.place().isPresent()) {
      return verdict.place().get();
    }
    if (verdict.away()) {
      throw new ApiException(
          Failure.unavailable(
                  "database_unavailable",
                  "The service cannot reach this tenant's database now. Try again soon.")
              .retryAfter(PAUSE.toSeconds()));
    }
    throw notReady();
  }

  static ApiException notReady() {
    return new ApiException(
        Failure.unavailable(
                "tenant_database_not_ready",
                "This tenant's database is not ready: kubectl describe tenant says why. Try again"
                    + " later.")
            .retryAfter(10));
  }

  private Verdict look() {
    try {
      DedicatedPool open = current();
      open.verify();
      if (!lastReason.isEmpty()) {
        LOG.info("the database of tenant {} is as it must be again", tenant);
      }
      lastReason = "";
      return new Verdict(Optional.of(Place.shared(open)), false, System.nanoTime());
    } catch (NotReadyException e) {
      say(String.valueOf(e.getMessage()));
      return new Verdict(Optional.empty(), false, System.nanoTime());
    } catch (SQLException e) {
      say(String.valueOf(e.getMessage()));
      return new Verdict(Optional.empty(), isAway(e), System.nanoTime());
    } catch (RuntimeException e) {
      say("its Secret could not be read: " + e.getMessage());
      return new Verdict(Optional.empty(), true, System.nanoTime());
    }
  }

  /** The pool of the Secret as it is now; another one when the Secret has changed. */
  private DedicatedPool current() throws NotReadyException {
    DedicatedPool open = pool;
    Optional<DatabaseSecrets.Found> found;
    try {
      found = secrets.read(secret);
    } catch (RuntimeException e) {
      if (open == null) {
        throw e;
      }
      // the API server is away; what was read from it last still counts
      return open;
    }
    if (found.isEmpty() || closed) {
      drop();
      throw new NotReadyException("Secret " + secret + " is not there or may not be read");
    }
    if (open != null && open.secretVersion().equals(found.get().version())) {
      return open;
    }
    drop();
    DedicatedPool opened =
        new DedicatedPool(
            tenant,
            parsed(found.get()),
            found.get().version(),
            settings.poolSize(),
            () -> doubtful = true);
    pool = opened;
    return opened;
  }

  private TenantDatabaseSecret parsed(DatabaseSecrets.Found found) throws NotReadyException {
    try {
      return TenantDatabaseSecret.of(found.type(), found.data(), settings.allowPlaintext());
    } catch (IllegalArgumentException e) {
      throw new NotReadyException("Secret " + secret + ": " + e.getMessage());
    }
  }

  private static boolean isAway(SQLException e) {
    return DatabaseException.unavailable(e);
  }

  /** The same line once, not at every look. */
  private void say(String reason) {
    if (!reason.equals(lastReason)) {
      LOG.error("tenant {} is not served: {}", tenant, reason);
      lastReason = reason;
    }
  }
}

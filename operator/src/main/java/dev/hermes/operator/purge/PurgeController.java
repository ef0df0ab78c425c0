package dev.hermes.operator.purge;

import dev.hermes.crds.Names;
import dev.hermes.operator.dedicated.DedicatedPurge;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Step;
import dev.hermes.operator.provision.Purges;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Purges the tenants whose deletion asks for it, once a minute, on the leader. There is no object
 * left to tell it to, so it tells the log, the metrics and the purge record. What may be purged is
 * decided by the database, anew in each transaction.
 */
public final class PurgeController {
  private static final Logger log = LoggerFactory.getLogger(PurgeController.class);
  private static final int BATCH = 5_000;

  /** One run ends in time for the next; the rest goes on there. */
  private static final int MOST_BATCHES = 200;

  /** What one purge came to; the tag of {@code hermes_purges_total}. */
  public enum Result {
    PURGED,
    REFUSED,
    FAILED;

    public String tag() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static List<String> tags() {
      return List.of(PURGED.tag(), REFUSED.tag(), FAILED.tag());
    }
  }

  private final Purges rows;
  private final DedicatedPurge dedicated;
  private final Acknowledgement acknowledgement;
  private final Consumer<Result> results;
  private final Consumer<Boolean> breakerOpen;
  private final Halt halt;
  private String said = "";

  public PurgeController(
      Purges rows,
      DedicatedPurge dedicated,
      Acknowledgement acknowledgement,
      Consumer<Result> results,
      Consumer<Boolean> breakerOpen,
      Halt halt) {
    this.rows = rows;
    this.dedicated = dedicated;
    this.acknowledgement = acknowledgement;
    this.results = results;
    this.breakerOpen = breakerOpen;
    this.halt = halt;
  }

  /** One look at what is due. */
  public void run() {
    acknowledge();
    Purges.Breaker breaker = rows.breaker();
    breakerOpen.accept(breaker.open());
    if (breaker.open()) {
      say(
          breaker.deleted()
              + " tenants were deleted within an hour ("
              + breaker.allowed()
              + " are ordinary): nothing is purged. If that was meant, set "
              + Names.ACKNOWLEDGED_UNTIL
              + " of ConfigMap "
              + Names.DELETIONS
              + " to "
              + breaker.latest()
              + " or later; if not, restore them with spec.adopt");
      return;
    }
    int left = MOST_BATCHES;
    for (Purges.Due due : rows.due()) {
      left = purge(due, left);
      if (left == 0) {
        return;
      }
    }
  }

  private void acknowledge() {
    try {
      acknowledgement
          .until()
          .filter(rows::acknowledge)
          .ifPresent(until -> log.warn("deletions up to {} are acknowledged", until));
    } catch (RuntimeException e) {
      say("the acknowledgement of deletions is not taken: " + e.getMessage());
    }
  }

  /** Returns how many batches of this run are left. */
  private int purge(Purges.Due due, int batches) {
    int left = batches;
    boolean home = false;
    try {
      while (left > 0) {
        left--;
        Purges.Progress progress =
            home ? rows.purge(due.tenantId(), BATCH) : dedicated.purge(due.tenantId(), BATCH);
        if (!home && progress == Purges.Progress.FINISHED) {
          // what is elsewhere first: only the platform's own record says that all of it is gone
          home = true;
          left++;
          continue;
        }
        halt.after(Step.PURGE_BATCH);
        if (progress != Purges.Progress.MORE) {
          boolean finished = progress == Purges.Progress.FINISHED;
          results.accept(finished ? Result.PURGED : Result.REFUSED);
          log.warn("tenant {} ({}) {}", due.tenantId(), due.name(), finished ? "purged" : "held");
          return left;
        }
      }
    } catch (RuntimeException e) {
      results.accept(Result.FAILED);
      log.error("purge of tenant {} failed, tried again: {}", due.tenantId(), e.getMessage());
    }
    return left;
  }

  /** The same line once, not every minute. */
  private void say(String line) {
    if (!line.equals(said)) {
      log.error(line);
      said = line;
    }
  }
}

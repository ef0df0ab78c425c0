package dev.hermes.operator.provision;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;

/** The purge controller's door to the database. */
public final class Purges {
  private static final String REFUSED = "HX004";

  private final Fenced database;

  public Purges(Fenced database) {
    this.database = database;
  }

  /** A deletion whose time has come. */
  public record Due(UUID tenantId, String name) {}

  /**
   * Whether a mass deletion waits to be acknowledged.
   *
   * @param deleted most deletions within an hour since the last acknowledgement
   * @param latest the newest of those deletions
   */
  public record Breaker(boolean open, int deleted, int allowed, Instant latest) {}

  /** What one call came to. */
  public enum Progress {
    MORE,
    FINISHED,
    /** The database found a reason not to, between the look and the purge. */
    REFUSED
  }

  public List<Due> due() {
    return database.ask(handle ->
        handle
            .createQuery("select tenant_id, name from provision.due_purges()")
            .map((row, context) ->
                new Due(row.getObject("tenant_id", UUID.class), row.getString("name")))
            .list());
  }

  public Breaker breaker() {
    return database.ask(handle ->
        handle
            .createQuery("select open, deleted, allowed, latest from provision.purge_breaker()")
            .map((row, context) -> {
              OffsetDateTime latest = row.getObject("latest", OffsetDateTime.class);
              return new Breaker(
                  row.getBoolean("open"),
                  row.getInt("deleted"),
                  row.getInt("allowed"),
                  latest == null ? Instant.EPOCH : latest.toInstant());
            })
            .one());
  }

  /** True when this is news; a time to come is refused by an exception. */
  public boolean acknowledge(Instant until) {
    return database.call((handle, fence) ->
        handle
            .createQuery("select provision.acknowledge_deletions(:until, :fence)")
            .bind("until", OffsetDateTime.ofInstant(until, ZoneOffset.UTC))
            .bind("fence", fence)
            .mapTo(Boolean.class)
            .one());
  }

  /** One transaction that removes about {@code rows} rows of the tenant. */
  public Progress purge(UUID tenantId, int rows) {
    try {
      boolean finished =
          database.call((handle, fence) ->
              handle
                  .createQuery("select provision.purge_tenant(:tenant, :rows, :fence)")
                  .bind("tenant", tenantId)
                  .bind("rows", rows)
                  .bind("fence", fence)
                  .mapTo(Boolean.class)
                  .one());
      return finished ? Progress.FINISHED : Progress.MORE;
    } catch (RuntimeException e) {
      if (Fenced.state(e).filter(REFUSED::equals).isPresent()) {
        return Progress.REFUSED;
      }
      throw e;
    }
  }
}

package dev.hermes.operator.provision;

import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Leases of sandboxes, as far as the pool may see them: ids and times, no user. */
public final class Leases {
  private final Fenced database;

  public Leases(Fenced database) {
    this.database = database;
  }

  /** Leases that have ended, of every tenant. */
  public List<EndedLease> over() {
    return database.write((handle, fence) -> {
      handle.execute("select provision.fence(?)", fence);
      return handle
          .createQuery("select pod_uid, namespace, pod_name from lease.over()")
          .map((row, context) ->
              new EndedLease(
                  row.getString("pod_uid"), row.getString("namespace"), row.getString("pod_name")))
          .list();
    });
  }

  /** The pod is gone, so whatever was bound to it ends. */
  public void close(String podUid) {
    database.write((handle, fence) -> {
      handle.execute("select provision.fence(?)", fence);
      return handle.execute("select lease.close(?)", podUid);
    });
  }

  /** UIDs of the pods of a namespace that somebody holds. */
  public Set<String> live(String namespace) {
    return database.ask(handle ->
        handle
            .createQuery("select pod_uid from lease.live(:namespace)")
            .bind("namespace", namespace)
            .mapTo(String.class)
            .collect(Collectors.toUnmodifiableSet()));
  }

  /**
   * What was claimed lately, of every tenant.
   *
   * @param within older claims are not asked for
   * @param recent claims this young are named one by one
   */
  public List<ClaimTimes> claims(Duration within, Duration recent) {
    return database.ask(handle ->
        handle
            .createQuery(
                "select namespace, policy, last_claim, recent from lease.claims(cast(:within as interval),"
                    + " cast(:recent as interval))")
            .bind("within", within.toString())
            .bind("recent", recent.toString())
            .map((row, context) ->
                new ClaimTimes(
                    row.getString("namespace"),
                    row.getString("policy"),
                    row.getTimestamp("last_claim").toInstant(),
                    instants((Timestamp[]) row.getArray("recent").getArray())))
            .list());
  }

  private static List<Instant> instants(Timestamp[] times) {
    return Arrays.stream(times).map(Timestamp::toInstant).toList();
  }
}

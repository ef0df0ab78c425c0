package dev.hermes.api.job;

import dev.hermes.database.access.TenantId;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A job as its row says.
 *
 * @param createdAt exact to the microsecond, for with the id it is the key of its receipt
 */
record Job(TenantId tenant, UUID id, Asker asker, JobWish wish, Instant createdAt, State state) {

  /** Whose job it is, and the request that made it. */
  record Asker(String user, String keyId, String requestId) {}

  /**
   * How far it has come.
   *
   * @param reason why it ended as it did, where the exit code does not say it
   * @param sandbox the lease it runs under; present once it may have been started
   * @param leftOut how many files matched that are not even named among its artefacts
   */
  record State(
      JobStatus status,
      Optional<String> reason,
      Optional<UUID> sandbox,
      JobOutput output,
      int leftOut,
      Optional<Instant> startedAt,
      Optional<Instant> finishedAt) {

    static State queued() {
      return new State(
          JobStatus.QUEUED,
          Optional.empty(),
          Optional.empty(),
          JobOutput.none(),
          0,
          Optional.empty(),
          Optional.empty());
    }
  }

  boolean isLive() {
    return state.status().isLive();
  }

  /** The moment at which its time is over; {@code now} when it has not begun. */
  Instant limit(Instant now) {
    return state.startedAt().orElse(now).plus(wish.timeout());
  }
}

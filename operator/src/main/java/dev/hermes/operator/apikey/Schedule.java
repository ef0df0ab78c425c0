package dev.hermes.operator.apikey;

import dev.hermes.crds.Reason;
import dev.hermes.crds.apikey.ApiKeySpec;
import dev.hermes.operator.provision.KeyRow;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * When a key is due for rotation, when it ends, and from when on people are told; pure. Days are of
 * 24 hours.
 *
 * @param spec what the user asks for
 * @param current the key as it is; empty before the first issue
 */
record Schedule(ApiKeySpec spec, Optional<KeyRow> current) {

  /** Something is going to happen to the key, and people should know. */
  record Notice(Reason reason, Instant due) {}

  /**
   * How long a key lives. A key with a schedule outlives its rotation by the overlap: it could not
   * overlap otherwise when it is to be rotated on the day it expires, which is the default.
   */
  Duration life() {
    Duration asked = Duration.ofDays(spec.expiresAfterDays());
    return everyDays()
        .filter(every -> spec.delivery().mode().mints())
        .map(every -> every.plus(overlap()))
        .filter(longer -> longer.compareTo(asked) > 0)
        .orElse(asked);
  }

  Duration overlap() {
    return Duration.ofHours(spec.rotation().overlapHours());
  }

  /** When the schedule replaces the key; Import and HashOnly: when the user should. */
  Optional<Instant> next() {
    return current.flatMap(row -> everyDays().map(row.createdAt()::plus));
  }

  /** Whether the operator replaces the key now. */
  boolean isDue(Instant now) {
    return spec.delivery().mode().mints()
        && (next().filter(time -> !time.isAfter(now)).isPresent()
            || openRequest().filter(time -> !time.isAfter(now)).isPresent());
  }

  /** The latest request that a key made now meets; one for a later time stays open. */
  Optional<Instant> metRequest(Instant now) {
    return request().filter(time -> !time.isAfter(now));
  }

  /** What is going to happen within the days of notice, if anything is. */
  Optional<Notice> notice(Instant now) {
    return event().filter(event -> isNear(event, now));
  }

  /** The next moment at which a look comes to something else, without any change of the spec. */
  Optional<Instant> nextLook(Instant now) {
    return Stream.of(
            next(),
            openRequest(),
            current.flatMap(KeyRow::expiresAt),
            event().map(this::noticeFrom))
        .flatMap(Optional::stream)
        .filter(time -> time.isAfter(now))
        .min(Instant::compareTo);
  }

  private Optional<Notice> event() {
    if (current.isEmpty() || spec.rotation().noticeDays() == 0) {
      return Optional.empty();
    }
    Optional<Notice> rotation = next().map(time -> new Notice(Reason.RotationDue, time));
    Optional<Notice> end =
        current.get().expiresAt().map(time -> new Notice(Reason.ExpiresSoon, time));
    return rotation.filter(r -> end.filter(e -> e.due().isBefore(r.due())).isEmpty()).or(() -> end);
  }

  private boolean isNear(Notice event, Instant now) {
    return !noticeFrom(event).isAfter(now);
  }

  private Instant noticeFrom(Notice event) {
    return event.due().minus(Duration.ofDays(spec.rotation().noticeDays()));
  }

  private Optional<Instant> openRequest() {
    Optional<Instant> met = current.flatMap(KeyRow::rotationRequest);
    return current.isEmpty()
        ? Optional.empty()
        : request().filter(asked -> met.filter(before -> !before.isBefore(asked)).isEmpty());
  }

  private Optional<Instant> request() {
    // as fine as PostgreSQL keeps it: a met request must not look like a later one
    return Optional.ofNullable(spec.rotation().requestedAt())
        .map(Instant::parse)
        .map(time -> time.truncatedTo(ChronoUnit.MICROS));
  }

  private Optional<Duration> everyDays() {
    return Optional.ofNullable(spec.rotation().everyDays()).map(Duration::ofDays);
  }
}

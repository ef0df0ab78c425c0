package dev.hermes.operator.apikey;

import dev.hermes.operator.provision.KeyRow;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The keys of one APIKey object, as the database has them; pure. */
record KeyRing(List<KeyRow> rows) {

  KeyRing {
    rows = List.copyOf(rows);
  }

  static KeyRing empty() {
    return new KeyRing(List.of());
  }

  /** The key that the object stands for, be it good, blocked, revoked or expired. */
  Optional<KeyRow> current() {
    return rows.stream().filter(KeyRow::isCurrent).findFirst();
  }

  /** The key before it, as long as it works. */
  Optional<KeyRow> overlapping(Instant now) {
    return replaced().filter(row -> !row.isExpired(now)).findFirst();
  }

  /** Replaced keys whose overlap is over and which do not say so yet. */
  List<KeyRow> over(Instant now) {
    return replaced().filter(row -> row.isExpired(now)).toList();
  }

  /** When the current key replaced another. */
  Optional<Instant> rotatedAt() {
    boolean rotated = rows.stream().anyMatch(row -> !row.isCurrent());
    return rotated ? current().map(KeyRow::createdAt) : Optional.empty();
  }

  private Stream<KeyRow> replaced() {
    return rows.stream().filter(row -> !row.isCurrent() && row.revokedAt().isEmpty());
  }
}

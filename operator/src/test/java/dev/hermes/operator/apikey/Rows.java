package dev.hermes.operator.apikey;

import dev.hermes.operator.provision.KeyRow;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Rows as the database would have them. */
final class Rows {
  private Rows() {}

  static KeyRow current(String keyId, Instant made, int days) {
    return row(keyId, made, made.plus(Duration.ofDays(days)), null, null, null);
  }

  static KeyRow row(
      String keyId,
      Instant made,
      Instant expires,
      Instant revoked,
      Instant superseded,
      Instant request) {
    return new KeyRow(
        keyId,
        new byte[32],
        1,
        "hx_live_" + keyId,
        made,
        Optional.ofNullable(expires),
        Optional.ofNullable(revoked),
        Optional.empty(),
        Optional.ofNullable(superseded),
        Optional.ofNullable(request),
        Optional.empty(),
        Optional.empty());
  }
}

package dev.hermes.api.receipt;

import dev.hermes.api.body.Sha256;
import dev.hermes.database.id.UuidV7;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/**
 * A tool call as it begins. The input is kept as a hash, for a receipt is evidence, not content.
 *
 * @param input empty while the input still streams past
 */
public record Receipt(
    UUID id,
    Instant createdAt,
    String requestId,
    String toolCallId,
    Optional<String> session,
    String user,
    String tool,
    String policy,
    Optional<Sha256> input) {

  /**
   * A new receipt; its time is exact to what the database keeps, for it is part of the row's key.
   */
  public static Receipt of(
      Instant now,
      String requestId,
      String toolCallId,
      Optional<String> session,
      String user,
      String tool,
      String policy,
      String input) {
    return new Receipt(
        UuidV7.next(),
        now.truncatedTo(ChronoUnit.MICROS),
        requestId,
        Printable.of(toolCallId),
        session,
        user,
        Printable.of(tool),
        policy,
        Optional.of(Sha256.of(input)));
  }

  /** A new receipt of a run without a session whose input is not known before its end. */
  public static Receipt streaming(
      Instant now, String requestId, String user, String tool, String policy) {
    return new Receipt(
        UuidV7.next(),
        now.truncatedTo(ChronoUnit.MICROS),
        requestId,
        "",
        Optional.empty(),
        user,
        tool,
        policy,
        Optional.empty());
  }

  /** The same receipt, now that the input has passed. */
  public Receipt withInput(Sha256 seen) {
    return new Receipt(
        id, createdAt, requestId, toolCallId, session, user, tool, policy, Optional.of(seen));
  }

  /** What the row says, which has a hash or, while there is none, no bytes. */
  byte[] inputBytes() {
    return input.map(Sha256::bytes).orElseGet(() -> new byte[0]);
  }
}

package dev.hermes.api.receipt;

import dev.hermes.database.id.UuidV7;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/**
 * A tool call as it begins. The input is kept as a hash, for a receipt is evidence, not content.
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
    Sha256 input) {

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
        Sha256.of(input));
  }
}

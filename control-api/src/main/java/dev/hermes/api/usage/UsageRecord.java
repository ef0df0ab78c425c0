package dev.hermes.api.usage;

import dev.hermes.database.id.UuidV7;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/**
 * What one request used.
 *
 * @param admission made when the request was admitted: written again, it is the same row
 * @param provider that gave the last answer
 * @param costNanoUsd at the providers' prices of that time
 * @param status succeeded, limited, failed, aborted
 * @param degraded whether a provider answered that is only asked when others fail
 */
public record UsageRecord(
    Admission admission,
    String user,
    String keyId,
    Optional<String> session,
    String requestId,
    String model,
    String provider,
    long promptTokens,
    long completionTokens,
    int toolCalls,
    long costNanoUsd,
    Completeness completeness,
    String status,
    boolean degraded) {

  /** For the log, by which it can be written later: who it was is known by the key. */
  String figures() {
    return "id=%s at=%s key=%s model=%s provider=%s prompt=%d completion=%d tools=%d nanoUsd=%d %s %s%s"
        .formatted(
            admission.id(),
            admission.at(),
            keyId,
            model,
            provider,
            promptTokens,
            completionTokens,
            toolCalls,
            costNanoUsd,
            completeness,
            status,
            degraded ? " degraded" : "");
  }

  /** Id and time of a record before there is one. */
  public record Admission(UUID id, Instant at) {
    public static Admission now(Instant now) {
      return new Admission(UuidV7.next(), now.truncatedTo(ChronoUnit.MICROS));
    }
  }

  /** Whether the figures are the provider's, ours, or of a request that broke off. */
  public enum Completeness {
    FINAL,
    PARTIAL,
    ESTIMATED
  }
}

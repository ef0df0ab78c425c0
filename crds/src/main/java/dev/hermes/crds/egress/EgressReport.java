package dev.hermes.crds.egress;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an egress proxy sends the control API of one tenant: {@code POST} of this as JSON with
 * {@code Authorization: Bearer} and the shared token. Any 2xx takes it; else it is sent again, as
 * it is, so a receiver that sees an {@code id} twice must count it once. A receiver refuses members
 * it does not know: a report of a newer proxy waits for a newer receiver, nothing of it is dropped.
 *
 * @param id UUID of this report
 * @param instance the proxy's pod
 * @param denials at most {@value #MOST_DENIALS}, oldest first
 * @param usage absent: no bytes
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EgressReport(
    String id, String instance, String tenantId, List<Denial> denials, @Nullable Usage usage) {
  /** Most denials of one report. */
  public static final int MOST_DENIALS = 500;

  /** Where the control API takes reports. */
  public static final String PATH = "/internal/egress-reports";

  public EgressReport {
    denials = denials == null ? List.of() : List.copyOf(denials);
  }

  /**
   * Something a sandbox was refused, whoever's credentials it showed: it is known by its address.
   * Refusals of callers that are no sandbox are not reported, only counted and logged.
   *
   * @param time RFC 3339, UTC, milliseconds
   * @param sandboxId the lease
   * @param host as asked for, at most 253 characters; absent when the request was not readable
   * @param port 0 when the request was not readable
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Denial(
      String time,
      String podUid,
      @Nullable String sandboxId,
      @Nullable String host,
      int port,
      EgressReason reason) {}

  /**
   * Bytes of the tenant through this proxy since its last report of them: those of one minute, or
   * of all minutes in which nobody took a report. Call-backs are not among them.
   *
   * @param minute begin of the last of these minutes, RFC 3339, UTC
   * @param bytesOut sent to the destinations
   * @param bytesIn received from them
   */
  public record Usage(String minute, long bytesOut, long bytesIn) {}
}

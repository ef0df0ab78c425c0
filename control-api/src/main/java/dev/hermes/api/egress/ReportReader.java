package dev.hermes.api.egress;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.hermes.api.egress.Told.Refused;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.usage.EgressUsage;
import dev.hermes.crds.egress.EgressReport;
import dev.hermes.database.access.TenantId;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a report strictly; 400 with the member's name for whatever is not one. */
final class ReportReader {
  /** Audit and usage are written for when it happened, so a wrong clock must not write history. */
  private static final Duration OLDEST = Duration.ofDays(31);

  private static final Duration AHEAD = Duration.ofMinutes(10);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,253}");
  private static final Pattern HOST = Pattern.compile("[\\x21-\\x7e]{1,253}");

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .build();

  private ReportReader() {}

  static Told read(byte[] body, Instant now) {
    EgressReport report = parse(body);
    if (report.denials().size() > EgressReport.MOST_DENIALS) {
      throw bad("denials", "holds more than " + EgressReport.MOST_DENIALS);
    }
    name("instance", report.instance());
    List<Refused> refused = new ArrayList<>();
    for (EgressReport.Denial denial : report.denials()) {
      refused.add(refused(denial, now));
    }
    UUID id = uuid("id", report.id());
    return new Told(
        id,
        new TenantId(uuid("tenantId", report.tenantId())),
        refused,
        Optional.ofNullable(report.usage()).map(usage -> bytes(id, usage, now)));
  }

  private static EgressReport parse(byte[] body) {
    try {
      EgressReport report = JSON.readValue(body, EgressReport.class);
      if (report == null) {
        throw bad("body", "is null");
      }
      return report;
    } catch (JsonProcessingException e) {
      // the original message quotes the body
      throw bad(
          "body",
          "is no report"
              + (e.getLocation() == null ? "" : " at column " + e.getLocation().getColumnNr()));
    } catch (IOException e) {
      throw new IllegalStateException("bytes in memory can be read", e);
    }
  }

  private static Refused refused(EgressReport.Denial denial, Instant now) {
    if (denial.port() < 0 || denial.port() > 65_535) {
      throw bad("port", "is not 0 to 65535");
    }
    if (denial.reason() == null) {
      throw bad("reason", "is missing");
    }
    if (denial.host() != null && !HOST.matcher(denial.host()).matches()) {
      throw bad("host", "is no name or address");
    }
    return new Refused(
        time("time", denial.time(), now),
        name("podUid", denial.podUid()),
        Optional.ofNullable(denial.sandboxId()).map(id -> name("sandboxId", id)),
        Optional.ofNullable(denial.host()),
        denial.port(),
        denial.reason());
  }

  private static EgressUsage.Bytes bytes(UUID report, EgressReport.Usage usage, Instant now) {
    if (usage.bytesOut() < 0 || usage.bytesIn() < 0) {
      throw bad("usage", "counts less than nothing");
    }
    return new EgressUsage.Bytes(
        report,
        time("minute", usage.minute(), now).truncatedTo(ChronoUnit.MINUTES),
        usage.bytesOut(),
        usage.bytesIn());
  }

  private static Instant time(String member, @Nullable String text, Instant now) {
    try {
      Instant time = OffsetDateTime.parse(text == null ? "" : text).toInstant();
      if (time.isBefore(now.minus(OLDEST)) || time.isAfter(now.plus(AHEAD))) {
        throw bad(member, "is too far from now; look at the clocks of the nodes");
      }
      return time;
    } catch (DateTimeException e) {
      throw bad(member, "is no time");
    }
  }

  private static String name(String member, @Nullable String text) {
    if (text == null || !NAME.matcher(text).matches()) {
      throw bad(member, "is no name");
    }
    return text;
  }

  private static UUID uuid(String member, @Nullable String text) {
    try {
      UUID id = UUID.fromString(text == null ? "" : text);
      if (id.toString().equals(text)) {
        return id;
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw bad(member, "is no UUID in small letters");
  }

  private static ApiException bad(String member, String why) {
    return new ApiException(Failure.invalid(member, member + " " + why + "."));
  }
}

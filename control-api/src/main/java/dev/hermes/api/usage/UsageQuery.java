package dev.hermes.api.usage;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** A period and how to add it up; 400 with the parameter's name for whatever makes no sense. */
record UsageQuery(Instant from, Instant to, Granularity granularity, GroupBy groupBy) {
  private static final Duration MOST = Duration.ofDays(400);
  private static final Duration MOST_HOURS = Duration.ofDays(31);

  enum Granularity {
    HOUR,
    DAY,
    MONTH
  }

  /** What rows are told apart by; the column is ours, never the caller's text. */
  enum GroupBy {
    NONE("''"),
    MODEL("model"),
    PROVIDER("provider"),
    USER("user_id"),
    KEY("key_id"),
    SESSION("coalesce(session_id, '')"),
    STATUS("status");

    private final String expression;

    GroupBy(String expression) {
      this.expression = expression;
    }

    String expression() {
      return expression;
    }
  }

  /** Absent: this month so far, by day. */
  static UsageQuery parse(
      Optional<String> from,
      Optional<String> to,
      Optional<String> granularity,
      Optional<String> groupBy,
      Instant now) {
    Instant end = to.map(text -> time("to", text)).orElse(now.plusSeconds(1));
    Instant month =
        now.atOffset(ZoneOffset.UTC)
            .toLocalDate()
            .withDayOfMonth(1)
            .atStartOfDay(ZoneOffset.UTC)
            .toInstant();
    Instant begin = from.map(text -> time("from", text)).orElse(month);
    Granularity by =
        granularity
            .map(text -> name("granularity", text, Granularity.values()))
            .orElse(Granularity.DAY);
    if (!begin.isBefore(end)) {
      throw new ApiException(Failure.invalid("from", "from must be before to."));
    }
    Duration most = by == Granularity.HOUR ? MOST_HOURS : MOST;
    if (Duration.between(begin, end).compareTo(most) > 0) {
      throw new ApiException(
          Failure.invalid("from", "The period is longer than " + most.toDays() + " days."));
    }
    return new UsageQuery(
        begin,
        end,
        by,
        groupBy.map(text -> name("group_by", text, GroupBy.values())).orElse(GroupBy.NONE));
  }

  private static Instant time(String parameter, String text) {
    try {
      Instant time =
          text.length() == 10
              ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
              : OffsetDateTime.parse(text).toInstant();
      if (time.isBefore(Instant.EPOCH)
          || time.isAfter(Instant.EPOCH.plus(365 * 200, ChronoUnit.DAYS))) {
        throw new DateTimeException("out of range");
      }
      return time;
    } catch (DateTimeException e) {
      throw new ApiException(
          Failure.invalid(
              parameter, "Give a date (2026-11-25) or a time with offset (2026-11-25T10:00:00Z)."));
    }
  }

  private static <E extends Enum<E>> E name(String parameter, String text, E[] values) {
    return Arrays.stream(values)
        .filter(value -> value.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(() ->
            new ApiException(
                Failure.invalid(
                    parameter,
                    "One of "
                        + Arrays.stream(values)
                            .map(value -> value.name().toLowerCase(Locale.ROOT))
                            .collect(Collectors.joining(", "))
                        + ".")));
  }
}

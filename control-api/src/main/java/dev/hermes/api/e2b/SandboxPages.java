package dev.hermes.api.e2b;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.PageLimit;
import dev.hermes.api.sandbox.HeldLeases;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Reads the query of E2B's list. */
final class SandboxPages {

  private SandboxPages() {}

  static HeldLeases.Filter filter(
      Optional<String> metadata,
      Optional<String> template,
      Optional<String> startedAfter,
      Optional<String> order,
      Optional<String> nextToken,
      int limit) {
    PageLimit.checked(limit);
    return new HeldLeases.Filter(
        Optional.empty(),
        metadata.map(SandboxPages::metadata).orElse(Map.of()),
        template,
        startedAfter.map(SandboxPages::instant),
        order.filter("asc"::equals).isPresent(),
        nextToken.map(SandboxPages::cursor),
        // one more tells whether there is a next page
        limit + 1);
  }

  /**
   * {@code key=value} pairs. E2B's clients encode keys and values, then the pairs as a query, and
   * that as a value of the query that has been decoded before it comes here.
   */
  private static Map<String, String> metadata(String encoded) {
    Map<String, String> pairs = new LinkedHashMap<>();
    for (String pair : decode(encoded).split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals < 0) {
        throw new ApiException(Failure.invalid("metadata", "metadata is key=value pairs."));
      }
      pairs.put(decode(pair.substring(0, equals)), decode(pair.substring(equals + 1)));
    }
    return pairs;
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new ApiException(Failure.invalid("metadata", "metadata is not URL-encoded."));
    }
  }

  private static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new ApiException(
          Failure.invalid("startedAfter", "startedAfter is a time such as 2026-01-31T12:00:00Z."));
    }
  }

  /** Since 1970, as a query has them. */
  static long seconds(String param, String text) {
    if (!text.matches("[0-9]{1,12}")) {
      throw new ApiException(
          Failure.invalid(param, param + " is a time in seconds since 1970, such as 1790000000."));
    }
    return Long.parseLong(text);
  }

  private static UUID cursor(String token) {
    try {
      return UUID.fromString(token);
    } catch (IllegalArgumentException e) {
      throw new ApiException(
          Failure.invalid("nextToken", "nextToken is the x-next-token of the page before."));
    }
  }
}

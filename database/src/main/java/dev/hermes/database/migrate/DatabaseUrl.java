package dev.hermes.database.migrate;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A JDBC URL of the form jdbc:postgresql://hosts/name?options, split around the database's name.
 */
record DatabaseUrl(String before, String name, String after) {
  private static final Pattern FORM =
      Pattern.compile("(jdbc:postgresql://[^/?]+/)([^/?]+)(\\?.*)?");

  static DatabaseUrl of(String url) {
    Matcher parts = FORM.matcher(url);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "HERMES_DB_URL must look like jdbc:postgresql://host:5432/hermes");
    }
    return new DatabaseUrl(
        parts.group(1), parts.group(2), parts.group(3) == null ? "" : parts.group(3));
  }

  /** The same server's database that is always there. */
  String maintenance() {
    return before + "postgres" + after;
  }
}

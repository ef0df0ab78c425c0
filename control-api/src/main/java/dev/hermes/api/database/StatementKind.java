package dev.hermes.api.database;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a statement is about, from its text: the first table (or function) that it names.
 *
 * @param operation select, insert, update, delete
 */
record StatementKind(String store, String operation) {
  static final StatementKind OTHER = new StatementKind("other", "other");

  private static final Pattern OPERATION =
      Pattern.compile("\\b(insert into|update|delete from|select)\\b");
  private static final Pattern STORE =
      Pattern.compile(
          "\\b(?:insert into|delete from|from|update)\\s+(?:[a-z_]+\\.)?([a-z_]+)|\\bselect\\s+[a-z_]+\\.([a-z_]+)\\(");

  static StatementKind of(String sql) {
    String text = sql.toLowerCase(Locale.ROOT);
    Matcher operation = OPERATION.matcher(text);
    Matcher store = STORE.matcher(text);
    return new StatementKind(
        store.find() ? String.valueOf(store.group(store.group(1) == null ? 2 : 1)) : "other",
        operation.find() ? operation.group(1).split(" ", 2)[0] : "other");
  }
}

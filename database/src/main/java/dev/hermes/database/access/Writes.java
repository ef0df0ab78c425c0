package dev.hermes.database.access;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/**
 * Statements that go to the server in one message and are answered in one, in their order: a round
 * trip for all of them. For writes whose counts nobody asks for.
 */
public final class Writes {
  private static final String TOLD = "hermes.told";

  private final StringJoiner statements = new StringJoiner(";\n");
  private final Map<String, Object> values = new HashMap<>();

  /**
   * @param statement one, with named parameters; a name that another statement has too must stand
   *     for the same value
   */
  public Writes add(String statement, Map<String, Object> its) {
    its.forEach((name, value) -> {
      Object before = values.putIfAbsent(name, value);
      if (before != null && !Objects.equals(before, value)) {
        throw new IllegalArgumentException("two values for parameter " + name);
      }
    });
    statements.add(statement);
    return this;
  }

  /** Sends them; when one fails, none of those behind it is done. */
  public void send(Handle handle) {
    if (statements.length() > 0) {
      handle.createUpdate(statements.toString()).bindMap(values).execute();
    }
  }

  /** Sends them as the whole transaction that was not begun yet, behind what binds its tenant. */
  void sendBehind(Writes binding, Handle handle) {
    handle
        .createUpdate(binding.statements + ";\n" + statements + ";\ncommit")
        .define(TOLD, statements.toString())
        .bindMap(binding.values)
        .bindMap(values)
        .execute();
  }

  /** What is told of a statement that was sent: that which the code wrote. */
  static @Nullable String told(StatementContext context) {
    return context.getAttribute(TOLD) instanceof String text ? text : context.getRawSql();
  }
}

package dev.hermes.operator.faults;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a session has done since it last committed, read from its Parse and Bind messages. The
 * functions of the schema are the only way to write, so the function is the name of the write.
 */
final class SqlTransaction {
  private static final Pattern DOOR = Pattern.compile("\\b(?:provision|authn|lease)\\.(\\w+)\\(");

  /**
   * Doors that only read, and the pool's look at ended leases, which is there every two seconds.
   */
  private static final Set<String> NO_WRITE =
      Set.of(
          "fence",
          "find",
          "find_tenant",
          "live",
          "lookup",
          "epoch",
          "over",
          "purge_breaker",
          "due_purges");

  private static final Pattern WORDS =
      Pattern.compile("(?![0-9a-f]{8}-[0-9a-f]{4}-)[a-z][a-z0-9 -]{1,60}");

  private final Map<String, String> statements = new HashMap<>();
  private final List<String> written = new ArrayList<>();
  private boolean begun;
  private String name = "";

  /** True when the message commits what was written: a transaction, or a statement outside one. */
  boolean sees(byte type, byte[] rest) {
    ByteBuffer in = ByteBuffer.wrap(rest);
    if (type == 'P') {
      String statement = text(in);
      statements.put(statement, text(in));
    } else if (type == 'B') {
      text(in);
      return runs(statements.getOrDefault(text(in), ""), in);
    }
    return false;
  }

  String name() {
    return name;
  }

  private boolean runs(String sql, ByteBuffer parameters) {
    if (sql.equals("BEGIN")) {
      begun = true;
      return false;
    }
    if (sql.equals("COMMIT") || sql.equals("ROLLBACK")) {
      boolean wrote = sql.equals("COMMIT") && !written.isEmpty();
      name = WritePoint.sql(String.join("; ", written));
      written.clear();
      begun = false;
      return wrote;
    }
    Matcher door = DOOR.matcher(sql);
    while (door.find()) {
      if (!NO_WRITE.contains(door.group(1))) {
        String write = door.group(1) + words(parameters);
        if (begun) {
          written.add(write);
        } else {
          name = WritePoint.sql(write);
        }
        return !begun;
      }
    }
    return false;
  }

  /** The short words among the parameters: names and states, no JSON, no random value. */
  private static List<String> words(ByteBuffer in) {
    in.position(in.position() + 2 * in.getShort(in.position()) + 2);
    List<String> words = new ArrayList<>();
    int count = in.getShort();
    for (int i = 0; i < count; i++) {
      int length = in.getInt();
      byte[] value = new byte[Math.max(0, length)];
      in.get(value);
      String word = new String(value, StandardCharsets.UTF_8);
      if (WORDS.matcher(word).matches()) {
        words.add(word);
      }
    }
    return words;
  }

  private static String text(ByteBuffer in) {
    int start = in.position();
    while (in.get() != 0) {
      // to the end of the string
    }
    byte[] bytes = new byte[in.position() - start - 1];
    in.get(start, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}

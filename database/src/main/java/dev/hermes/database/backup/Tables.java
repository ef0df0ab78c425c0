package dev.hermes.database.backup;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tables a backup holds, as the catalog has them, and questions about them. */
final class Tables {
  /**
   * Of one cluster and one installation, so not in a backup: the leader's epoch would lock out the
   * operator of the cluster it is restored in, and migrations write their own history.
   */
  private static final String LIST =
      """
      select c.oid::regclass::text,
             (select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
               where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                 and a.attgenerated = ''),
             (select coalesce(array_agg(k.confrelid::regclass::text), '{}')
                from pg_catalog.pg_constraint k
               where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid)
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p') and not c.relispartition
         and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'flyway')
         and (n.nspname, c.relname) <> ('provision', 'leader')
       order by 1\
      """;

  private Tables() {}

  private record Found(List<String> columns, List<String> parents) {}

  /** Names with their columns; a table comes after those it refers to. */
  static Map<String, List<String>> all(Connection connection) throws SQLException {
    Map<String, Found> found = new LinkedHashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(LIST)) {
      while (row.next()) {
        found.put(row.getString(1), new Found(strings(row, 2), strings(row, 3)));
      }
    }
    Set<String> order = new LinkedHashSet<>();
    found.keySet().forEach(table -> parentsFirst(table, found, order, new ArrayList<>()));
    Map<String, List<String>> tables = new LinkedHashMap<>();
    for (String table : order) {
      Found of = found.get(table);
      if (of != null) {
        tables.put(table, of.columns());
      }
    }
    return tables;
  }

  private static void parentsFirst(
      String table, Map<String, Found> found, Set<String> order, List<String> path) {
    Found of = found.get(table);
    if (of == null || order.contains(table)) {
      return;
    }
    if (path.contains(table)) {
      throw new BackupException("tables refer to each other in a circle: " + path);
    }
    path.add(table);
    of.parents().forEach(parent -> parentsFirst(parent, found, order, path));
    path.removeLast();
    order.add(table);
  }

  static long count(Connection connection, String table) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select count(*) from " + table)) {
      row.next();
      return row.getLong(1);
    }
  }

  /**
   * Throws unless the connected role sees all rows, in this transaction. Without BYPASSRLS a dump
   * of tables under FORCE row-level security would silently hold a part, or nothing.
   */
  static void requireAllRows(Connection connection, String proper) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select rolname, rolbypassrls or rolsuper from pg_catalog.pg_roles"
                    + " where rolname = current_user")) {
      row.next();
      if (!row.getBoolean(2)) {
        throw new BackupException(
            "role "
                + row.getString(1)
                + " is bound by row-level security and would see a part of the rows; connect as "
                + proper);
      }
      // PostgreSQL's own word for "all rows or an error".
      statement.execute("set local row_security = off");
    }
  }

  private static List<String> strings(ResultSet row, int column) throws SQLException {
    return Arrays.asList((String[]) row.getArray(column).getArray());
  }
}

package dev.hermes.database.rls;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/** A table under row-level security, as the catalog describes it, and statements on it. */
public record TenantTable(
    String name, List<Column> columns, List<String> partitions, List<String> key) {
  private static final String TABLES =
      """
      select c.oid::regclass::text from pg_class c
       where c.relrowsecurity and not c.relispartition and c.relkind in ('r', 'p') order by 1\
      """;
  private static final String COLUMNS =
      """
      select a.attname, format_type(a.atttypid, a.atttypmod),
             coalesce((select string_agg(pg_get_constraintdef(k.oid), ' ') from pg_constraint k
                where k.conrelid = a.attrelid and k.contype = 'c'
                  and k.conkey = array[a.attnum]), ''),
             exists (select from pg_constraint k
                where k.conrelid = a.attrelid and k.contype = 'f' and a.attnum = any (k.conkey))
        from pg_attribute a
       where a.attrelid = '%s'::regclass and a.attnum > 0 and not a.attisdropped
         and a.attgenerated = ''
       order by a.attnum\
      """;
  private static final String PARTITIONS =
      "select inhrelid::regclass::text from pg_inherits where inhparent = '%s'::regclass";

  private static final String KEY =
      """
      select a.attname from pg_index x
       cross join lateral unnest(x.indkey) with ordinality as k (attnum, n)
        join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.attnum
       where x.indrelid = '%s'::regclass and x.indisprimary order by k.n\
      """;

  public static List<TenantTable> all(Connection connection) throws SQLException {
    List<TenantTable> tables = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      for (String name : strings(statement, TABLES)) {
        tables.add(
            new TenantTable(
                name,
                columns(statement, name),
                strings(statement, PARTITIONS.formatted(name)),
                strings(statement, KEY.formatted(name))));
      }
    }
    return tables;
  }

  public String insert(UUID tenant, int number) {
    return insert(tenant, tenant, number);
  }

  /** A row of the tenant whose foreign keys point at the first row of {@code parents}. */
  String insert(UUID tenant, UUID parents, int number) {
    return "insert into " + name + " " + values(tenant, parents, number);
  }

  /** The same row, and what to do when its key is taken. */
  String upsert(UUID tenant, int number) {
    return insert(tenant, number)
        + " on conflict (%s) do update set tenant_id = excluded.tenant_id"
            .formatted(String.join(", ", key));
  }

  String mergeInsert(UUID tenant, int number) {
    return "merge into %s using (values (1)) as s (x) on false when not matched then insert %s"
        .formatted(name, values(tenant, tenant, number));
  }

  String mergeMatched(UUID tenant, String action) {
    return "merge into %s as t using (values (1)) as s (x) on t.tenant_id = '%s' when matched then %s"
        .formatted(name, tenant, action);
  }

  /** All of one tenant's rows once more, as another tenant's. */
  String duplicate(UUID from, UUID to) {
    return of(
        "insert into %s (%s) select %s from %s"
            .formatted(
                name,
                names(),
                columns.stream()
                    .map(Column::name)
                    .map(column -> column.equals("tenant_id") ? "'" + to + "'" : column)
                    .collect(Collectors.joining(", ")),
                name),
        from);
  }

  private String values(UUID tenant, UUID parents, int number) {
    return "(%s) values (%s)"
        .formatted(
            names(),
            columns.stream()
                .map(column ->
                    column.key() && !column.name().equals("tenant_id")
                        ? column.literal(parents, number)
                        : column.literal(tenant, number))
                .collect(Collectors.joining(", ")));
  }

  private String names() {
    return columns.stream().map(Column::name).collect(Collectors.joining(", "));
  }

  String selectAll() {
    return "select tenant_id from " + name;
  }

  String updateAll() {
    return "update " + name + " set tenant_id = tenant_id";
  }

  String deleteAll() {
    return "delete from " + name;
  }

  static String of(String statement, UUID tenant) {
    return statement + " where tenant_id = '" + tenant + "'";
  }

  String move(UUID from, UUID to) {
    return of("update " + name + " set tenant_id = '" + to + "'", from);
  }

  @Override
  public String toString() {
    return name;
  }

  private static List<Column> columns(Statement statement, String table) throws SQLException {
    List<Column> columns = new ArrayList<>();
    try (ResultSet row = statement.executeQuery(COLUMNS.formatted(table))) {
      while (row.next()) {
        columns.add(
            new Column(row.getString(1), row.getString(2), row.getString(3), row.getBoolean(4)));
      }
    }
    return columns;
  }

  private static List<String> strings(Statement statement, String sql) throws SQLException {
    List<String> strings = new ArrayList<>();
    try (ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        strings.add(row.getString(1));
      }
    }
    return strings;
  }
}

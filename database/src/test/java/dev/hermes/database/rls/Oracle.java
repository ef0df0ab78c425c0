package dev.hermes.database.rls;

import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The differential oracle: what hermes_app gets in a tenant's context must be what a superuser gets
 * from tables cut to that tenant by hand, and must leave the same rows behind.
 */
final class Oracle implements AutoCloseable {
  static final List<UUID> TENANTS = List.of(Walls.A, Walls.B, Walls.C);
  private static final int ROWS = 12;

  private final Random random;
  private final Connection connection;
  private final List<TenantTable> tables;
  private final TreeMap<String, Integer> features = new TreeMap<>();
  private int refused;
  private int filled;

  Oracle(TestDatabase database, long seed) throws SQLException {
    this.random = new Random(seed);
    this.connection = database.superuser();
    this.tables = TenantTable.all(connection);
    fill();
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("set statement_timeout = '10s'");
      statement.execute("set session_replication_role = replica");
    }
    connection.commit();
  }

  /** Values from small domains that all tenants share, so that joins would meet across tenants. */
  private void fill() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("set session_replication_role = replica");
      for (TenantTable table : tables) {
        statement.execute("grant all on " + table + " to hermes_app");
        for (UUID tenant : TENANTS) {
          for (int row = 0; row < ROWS; row++) {
            statement.execute(insert(table, tenant, row) + " on conflict do nothing");
          }
        }
      }
      statement.execute("grant usage on schema authn to hermes_app");
      statement.execute("analyze");
    }
  }

  private String insert(TenantTable table, UUID tenant, int row) {
    List<String> names = new ArrayList<>();
    List<String> values = new ArrayList<>();
    for (Column column : table.columns()) {
      names.add(column.name());
      values.add(value(table, column, tenant, row));
    }
    return "insert into %s (%s) values (%s)"
        .formatted(table, String.join(", ", names), String.join(", ", values));
  }

  private String value(TenantTable table, Column column, UUID tenant, int row) {
    boolean free = column.allowed().isEmpty() && !column.name().equals("tenant_id");
    if (!free || column.type().equals("uuid") && table.key().contains(column.name())) {
      return column.literal(tenant, row);
    }
    return switch (column.type()) {
      case "text" -> "'w" + random.nextInt(6) + "'";
      case "uuid" -> "'" + new UUID(7, random.nextInt(6)) + "'";
      case "integer", "bigint" -> Integer.toString(random.nextInt(6));
      case "boolean" -> Boolean.toString(random.nextBoolean());
      case "jsonb" -> "'{\"w\": " + random.nextInt(6) + "}'";
      case "timestamp with time zone" ->
          "date_trunc('month', now()) + interval '" + random.nextInt(6) + " days'";
      default -> column.literal(tenant, row);
    };
  }

  List<TenantTable> tables() {
    return tables;
  }

  /** How often each kind of SQL was tried. */
  TreeMap<String, Integer> features() {
    return features;
  }

  /** Statements that failed, alike on both sides. */
  int refused() {
    return refused;
  }

  /** Statements whose result had a row, so that a foreign one could have been among them. */
  int filled() {
    return filled;
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
    connection.commit();
  }

  /** Tries one random statement; the difference, when there is one. */
  Optional<String> next() throws SQLException {
    RandomQuery query = new RandomQuery(random, tables);
    query.features().forEach(feature -> features.merge(feature, 1, Integer::sum));
    UUID tenant = TENANTS.get(random.nextInt(TENANTS.size()));
    List<String> app = run(query.asTenant(), Optional.of(tenant));
    List<String> superuser = run(query.asSuperuser(tenant), Optional.empty());
    if (app.equals(superuser)) {
      if (app.getFirst().startsWith("refused")) {
        refused++;
      } else if (!app.getFirst().startsWith("0 ")) {
        filled++;
      }
      return Optional.empty();
    }
    return Optional.of(
        "tenant %s%napp      %s%nsuperuser %s%n%s".formatted(tenant, app, superuser, query));
  }

  /** The sorted rows, and a digest of all tables after it when it wrote; or why it was refused. */
  private List<String> run(String sql, Optional<UUID> tenant) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      if (tenant.isPresent()) {
        statement.execute("set local app.current_tenant = '" + tenant.get() + "'");
        statement.execute("set local role hermes_app");
      }
      List<String> rows = rows(statement, sql);
      if (!sql.startsWith("select") && !sql.startsWith("with recursive")) {
        statement.execute("set local role none");
        for (TenantTable table : tables) {
          rows.addAll(rows(statement, digest(table)));
        }
      }
      return rows;
    } catch (SQLException e) {
      return List.of("refused " + e.getSQLState());
    } finally {
      connection.rollback();
    }
  }

  private static String digest(TenantTable table) {
    return "select '%s', count(*), sum(hashtextextended(t::text, 0)::numeric) from %s t"
        .formatted(table, table);
  }

  private static List<String> rows(Statement statement, String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (ResultSet row = statement.executeQuery(sql)) {
      int columns = row.getMetaData().getColumnCount();
      while (row.next()) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= columns; i++) {
          text.append(row.getString(i)).append('|');
        }
        rows.add(text.toString());
      }
    }
    Collections.sort(rows);
    rows.addFirst(rows.size() + " rows");
    return rows;
  }

  @Override
  public void close() throws SQLException {
    connection.rollback();
    connection.close();
  }
}

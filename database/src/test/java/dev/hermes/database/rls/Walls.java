package dev.hermes.database.rls;

import dev.hermes.database.functions.Schemas;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * A database in which every tenant table, of hermes and of a tenant's own schema, holds one row of
 * tenant A and one of tenant B, and hermes_app has been granted everything, so that the policies
 * are the only wall left to test.
 */
final class Walls implements AutoCloseable {
  static final UUID A = UUID.fromString("aaaaaaaa-0000-7000-8000-000000000001");
  static final UUID B = UUID.fromString("bbbbbbbb-0000-7000-8000-000000000002");
  static final UUID C = UUID.fromString("cccccccc-0000-7000-8000-000000000003");
  static final UUID D = UUID.fromString("dddddddd-0000-7000-8000-000000000004");
  static final String REFUSED = "42501";
  private static final String SCHEMA = Schemas.name(D);

  private final TestDatabase database = TestDatabase.create();
  private final List<TenantTable> tables;

  Walls() throws SQLException {
    try (Connection superuser = database.superuser();
        Statement statement = superuser.createStatement()) {
      ownSchema(statement);
      tables = TenantTable.all(superuser);
      // Foreign keys would ask for an order; the rows satisfy them once all are there.
      statement.execute("set session_replication_role = replica");
      for (TenantTable table : tables) {
        statement.execute(table.insert(A, 0));
        statement.execute(table.insert(B, 0));
        statement.execute("grant all on " + table + " to hermes_app");
      }
      statement.execute("grant usage on schema authn to hermes_app");
    }
  }

  /** A tenant's schema without the check that keeps other tenants' rows out of it. */
  private static void ownSchema(Statement statement) throws SQLException {
    statement.execute("set role hermes_owner");
    statement.execute(
        "insert into layout.tenant_schemas (tenant_id, version) values ('" + D + "', 8)");
    statement.execute("select provision.clone_content('" + D + "')");
    List<String> tables = new ArrayList<>();
    try (ResultSet row = statement.executeQuery("select name from layout.content_tables()")) {
      while (row.next()) {
        tables.add(row.getString(1));
      }
    }
    for (String table : tables) {
      statement.execute("alter table " + SCHEMA + "." + table + " drop constraint own_tenant");
    }
    statement.execute("reset role");
  }

  List<TenantTable> tables() {
    return tables;
  }

  TestDatabase database() {
    return database;
  }

  @FunctionalInterface
  interface Case {
    void of(TenantTable table) throws Exception;
  }

  /** One test for each tenant table. */
  Stream<DynamicTest> each(Case testCase) {
    return tables.stream()
        .map(table -> DynamicTest.dynamicTest(table.name(), () -> testCase.of(table)));
  }

  /** As hermes_app; nothing is committed. The context is what a client sent, so any text. */
  Trial app(String context) throws SQLException {
    Connection connection = database.connect("app");
    connection.setAutoCommit(false);
    if (context != null) {
      try (PreparedStatement bind =
          connection.prepareStatement("select set_config('app.current_tenant', ?, true)")) {
        bind.setString(1, context);
        bind.execute();
      }
    }
    return new Trial(connection);
  }

  Trial app(UUID context) throws SQLException {
    return app(context.toString());
  }

  /** The control: the same statement, by somebody row-level security does not bind. */
  Trial superuser() throws SQLException {
    Connection connection = database.superuser();
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("set local session_replication_role = replica");
      statement.execute("set local lock_timeout = '5s'");
    }
    return new Trial(connection);
  }

  @Override
  public void close() {
    database.close();
  }

  /** One transaction of a test; closing it undoes it. */
  record Trial(Connection connection) implements AutoCloseable {

    List<UUID> tenants(String select) throws SQLException {
      List<UUID> tenants = new ArrayList<>();
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(select)) {
        while (row.next()) {
          tenants.add(row.getObject(1, UUID.class));
        }
      }
      return tenants;
    }

    int rows(String change) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        return statement.executeUpdate(change);
      }
    }

    long number(String select) throws SQLException {
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(select)) {
        row.next();
        return row.getLong(1);
      }
    }

    /** First columns, as text. */
    List<String> strings(String select) throws SQLException {
      List<String> strings = new ArrayList<>();
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(select)) {
        while (row.next()) {
          strings.add(row.getString(1));
        }
      }
      return strings;
    }

    /** What a client may get to see of a failure, or "done". */
    String message(String sql) {
      try (Statement statement = connection.createStatement()) {
        statement.execute(sql);
        return "done";
      } catch (SQLException e) {
        return e.getSQLState()
            + " "
            + String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      }
    }

    /** The SQLSTATE a statement is refused with, or "done". */
    String outcome(String sql) {
      try (Statement statement = connection.createStatement()) {
        statement.execute(sql);
        return "done";
      } catch (SQLException e) {
        return e.getSQLState();
      }
    }

    @Override
    public void close() throws SQLException {
      connection.rollback();
      connection.close();
    }
  }
}

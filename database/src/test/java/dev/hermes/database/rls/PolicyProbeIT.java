package dev.hermes.database.rls;

import static dev.hermes.database.rls.Walls.A;
import static dev.hermes.database.rls.Walls.B;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.rls.Walls.Trial;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The test of the isolation suite: its essence, one statement a command, must notice the loss or
 * the opening of each single policy in the catalog.
 */
class PolicyProbeIT {
  private static Walls walls;

  @BeforeAll
  static void start() throws SQLException {
    walls = new Walls();
  }

  @AfterAll
  static void stop() {
    walls.close();
  }

  private record Policy(String table, String name, String command, String role) {
    boolean ofTenants() {
      return name.startsWith("tenant_");
    }

    String open() {
      return "alter policy %s on %s %s"
          .formatted(name, table, command.equals("a") ? "with check (true)" : "using (true)");
    }

    String drop() {
      return "drop policy %s on %s".formatted(name, table);
    }
  }

  @TestFactory
  @DisplayName("TEN-8 removing or opening any one policy turns the isolation suite red")
  Stream<DynamicTest> eachPolicy() throws SQLException {
    List<Policy> policies = policies();
    assertThat(policies).hasSizeGreaterThanOrEqualTo(37);
    return policies.stream()
        .flatMap(policy ->
            policy.ofTenants() ? Stream.of(policy.drop(), policy.open()) : Stream.of(policy.drop()))
        .map(defect -> DynamicTest.dynamicTest(defect, () -> red(policies, defect)));
  }

  private static void red(List<Policy> policies, String defect) throws SQLException {
    Policy policy =
        policies.stream()
            .filter(p -> defect.contains("policy " + p.name() + " on " + p.table()))
            .findFirst()
            .orElseThrow();
    TenantTable table =
        walls.tables().stream()
            .filter(t -> t.name().equals(policy.table()))
            .findFirst()
            .orElseThrow();
    try (Trial trial = walls.superuser()) {
      List<String> before = probe(trial, table, policy);
      assertThat(before).isEqualTo(sound(policy));
      assertThat(trial.outcome(defect)).isEqualTo("done");
      assertThat(probe(trial, table, policy)).isNotEqualTo(before);
    }
  }

  private static List<String> sound(Policy policy) {
    return policy.ofTenants() ? List.of("1", "1", "1", "42501", "1", "1") : List.of("2");
  }

  /** What the role of the policy gets; for the application in the context of tenant A. */
  private static List<String> probe(Trial trial, TenantTable table, Policy policy)
      throws SQLException {
    if (!policy.ofTenants()) {
      return List.of(attempt(trial, policy.role(), table.selectAll()));
    }
    List<String> results = new ArrayList<>();
    for (String sql :
        List.of(
            table.selectAll(),
            "select tenant_id from " + table + " for share",
            table.insert(A, A, 1) + " on conflict do nothing",
            table.insert(B, B, 1) + " on conflict do nothing",
            // Neither names a column, or the policy of SELECT would hide that of the command.
            "update " + table + " set tenant_id = '" + A + "'",
            table.deleteAll())) {
      results.add(attempt(trial, "hermes_app", sql));
    }
    // A table of one row a tenant takes no second one.
    if (table.key().equals(List.of("tenant_id")) && results.get(2).equals("0")) {
      results.set(2, "1");
    }
    return results;
  }

  private static String attempt(Trial trial, String role, String sql) throws SQLException {
    Savepoint before = trial.connection().setSavepoint();
    try (Statement statement = trial.connection().createStatement()) {
      statement.execute("set local app.current_tenant = '" + A + "'");
      statement.execute("set local role " + role);
      if (!statement.execute(sql)) {
        return Integer.toString(statement.getUpdateCount());
      }
      int rows = 0;
      try (ResultSet row = statement.getResultSet()) {
        while (row.next()) {
          rows++;
        }
      }
      return Integer.toString(rows);
    } catch (SQLException e) {
      return e.getSQLState();
    } finally {
      trial.connection().rollback(before);
    }
  }

  private static List<Policy> policies() throws SQLException {
    List<Policy> policies = new ArrayList<>();
    try (Trial superuser = walls.superuser();
        Statement statement = superuser.connection().createStatement();
        ResultSet row =
            statement.executeQuery(
                "select polrelid::regclass::text, polname, polcmd::text, polroles[1]::regrole::text"
                    + " from pg_policy order by 1, 2")) {
      while (row.next()) {
        policies.add(
            new Policy(row.getString(1), row.getString(2), row.getString(3), row.getString(4)));
      }
    }
    return policies;
  }
}

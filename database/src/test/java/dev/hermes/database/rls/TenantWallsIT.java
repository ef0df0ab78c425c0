package dev.hermes.database.rls;

import static dev.hermes.database.rls.TenantTable.of;
import static dev.hermes.database.rls.Walls.A;
import static dev.hermes.database.rls.Walls.B;
import static dev.hermes.database.rls.Walls.C;
import static dev.hermes.database.rls.Walls.REFUSED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.rls.Walls.Trial;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/**
 * Every tenant table × command, generated from the catalog: what one tenant's context may not do to
 * another's rows, each with its control, the same statement where nothing forbids it.
 */
class TenantWallsIT {
  private static Walls walls;

  @BeforeAll
  static void start() throws SQLException {
    walls = new Walls();
  }

  @AfterAll
  static void stop() {
    walls.close();
  }

  @Test
  @DisplayName("TEN-2 at least 10 tables with 37 policies are walled")
  void counts() throws SQLException {
    try (Trial superuser = walls.superuser();
        var statement = superuser.connection().createStatement();
        var row = statement.executeQuery("select count(*) from pg_policy")) {
      row.next();
      int policies = row.getInt(1);
      long partitions = walls.tables().stream().mapToLong(t -> t.partitions().size()).sum();
      System.out.printf(
          "TEN-2: %d tenant tables and %d partitions under FORCE RLS, %d policies%n",
          walls.tables().size(), partitions, policies);
      assertThat(walls.tables()).hasSizeGreaterThanOrEqualTo(10);
      assertThat(policies).isGreaterThanOrEqualTo(37);
    }
  }

  @TestFactory
  @DisplayName("TEN-5 R1 without a context: no row is seen, changed or made")
  Stream<DynamicTest> withoutContext() {
    return walls.each(table -> denied(table, null));
  }

  @TestFactory
  @DisplayName("TEN-5 R10 with a context that is no tenant: no row is seen, changed or made")
  Stream<DynamicTest> oddContext() {
    List<String> odd =
        List.of(
            "",
            "null",
            "not-a-uuid",
            "' or true --",
            A + "' or '1'='1",
            "%",
            "{" + C + "}",
            "x".repeat(10_240));
    return odd.stream()
        .flatMap(context ->
            walls.tables().stream()
                .map(table ->
                    test(
                        table + " [" + context.substring(0, Math.min(20, context.length())) + "]",
                        () -> denied(table, context))));
  }

  @TestFactory
  @DisplayName("TEN-2 R2 a tenant sees its own row alone")
  Stream<DynamicTest> select() {
    return walls.each(table -> {
      try (Trial app = walls.app(A)) {
        assertThat(app.tenants(table.selectAll())).containsExactly(A);
        assertThat(app.tenants(of(table.selectAll(), B))).isEmpty();
      }
      try (Trial control = walls.superuser()) {
        assertThat(control.tenants(table.selectAll())).containsExactlyInAnyOrder(A, B);
      }
    });
  }

  @TestFactory
  @DisplayName("TEN-2 R3 a row of another tenant is not made")
  Stream<DynamicTest> insert() {
    return walls.each(table -> {
      try (Trial app = walls.app(A)) {
        assertThat(app.outcome(table.insert(C, 1))).isEqualTo(REFUSED);
      }
      try (Trial own = walls.app(C)) {
        // Its own row passes the policy; a foreign key may then ask for the parent.
        assertThat(own.outcome(table.insert(C, 1))).isIn("done", "23503");
      }
      try (Trial control = walls.superuser()) {
        assertThat(control.rows(table.insert(C, 1))).isOne();
      }
    });
  }

  @TestFactory
  @DisplayName("TEN-2 R4 a row is not moved to another tenant")
  Stream<DynamicTest> move() {
    return walls.each(table -> {
      try (Trial app = walls.app(A)) {
        assertThat(app.outcome(table.move(A, C))).isEqualTo(REFUSED);
      }
      try (Trial own = walls.app(A)) {
        assertThat(own.rows(table.move(A, A))).isOne();
      }
      try (Trial control = walls.superuser()) {
        assertThat(control.rows(table.move(A, C))).isOne();
      }
    });
  }

  @TestFactory
  @DisplayName("TEN-2 R5 another tenant's row is neither changed nor removed")
  Stream<DynamicTest> changeForeign() {
    return walls.each(table -> {
      try (Trial app = walls.app(A)) {
        assertThat(app.rows(of(table.updateAll(), B))).isZero();
        assertThat(app.rows(of(table.deleteAll(), B))).isZero();
        assertThat(app.rows(table.updateAll())).isOne();
      }
      try (Trial control = walls.superuser()) {
        assertThat(control.rows(of(table.updateAll(), B))).isOne();
        assertThat(control.rows(of(table.deleteAll(), B))).isOne();
      }
    });
  }

  @TestFactory
  @DisplayName("TEN-8 dropping row-level security opens each table: the walls are the policies")
  Stream<DynamicTest> withoutTheWall() {
    return walls.each(table -> {
      try (Trial open = walls.superuser()) {
        assertThat(open.outcome("alter table " + table + " disable row level security"))
            .isEqualTo("done");
        assertThat(open.outcome("set local role hermes_app")).isEqualTo("done");
        assertThat(open.tenants(of(table.selectAll(), B))).containsExactly(B);
      }
    });
  }

  @TestFactory
  @DisplayName("TEN-2 R22 R23 neither row_security=off nor a partition's name is a way around")
  Stream<DynamicTest> around() {
    return walls.each(table -> {
      try (Trial app = walls.app(A)) {
        app.outcome("set local row_security = off");
        assertThat(app.outcome(table.selectAll())).isEqualTo(REFUSED);
      }
      for (String partition : table.partitions()) {
        for (String sql : List.of("select * from ", "delete from ", "truncate ")) {
          try (Trial app = walls.app(A)) {
            assertThat(app.outcome(sql + partition)).isEqualTo(REFUSED);
          }
        }
      }
    });
  }

  @TestFactory
  @DisplayName("TEN-2 R18 the owner itself sees no tenant's row without a context")
  Stream<DynamicTest> owner() {
    List<String> crossTenant =
        List.of(
            "hermes.tenants",
            "hermes.tenant_deletions",
            "hermes.sandbox_leases",
            "hermes.job_turns",
            "authn.key_digests");
    return walls.each(table -> {
      try (Trial owner = walls.superuser()) {
        owner.outcome("set local role hermes_owner");
        assertThat(owner.tenants(table.selectAll()))
            .hasSize(crossTenant.contains(table.name()) ? 2 : 0);
      }
    });
  }

  private static void denied(TenantTable table, String context) throws SQLException {
    List<String> statements = new ArrayList<>();
    try (Trial control = walls.superuser()) {
      assertThat(control.tenants(table.selectAll())).hasSize(2);
      assertThat(control.rows(table.updateAll())).isEqualTo(2);
      assertThat(control.rows(table.deleteAll())).isEqualTo(2);
    }
    statements.add(table.updateAll());
    statements.add(table.deleteAll());
    for (String statement : statements) {
      try (Trial app = walls.app(context)) {
        assertThat(rowsOrRefused(() -> app.rows(statement))).isZero();
      }
    }
    try (Trial app = walls.app(context)) {
      assertThat(rowsOrRefused(() -> app.tenants(table.selectAll()).size())).isZero();
    }
    try (Trial app = walls.app(context)) {
      // A malformed id may already be refused as one.
      assertThat(app.outcome(table.insert(A, 1))).isIn(REFUSED, "22P02");
    }
  }

  @FunctionalInterface
  private interface Count {
    int count() throws SQLException;
  }

  private static int rowsOrRefused(Count count) throws SQLException {
    try {
      return count.count();
    } catch (SQLException e) {
      if (e.getSQLState().equals("22P02")) {
        return 0;
      }
      throw e;
    }
  }

  private static DynamicTest test(String name, Executable executable) {
    return DynamicTest.dynamicTest(name, executable);
  }
}

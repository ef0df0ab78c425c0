package dev.hermes.database.rls;

import static dev.hermes.database.rls.Walls.A;
import static dev.hermes.database.rls.Walls.B;
import static dev.hermes.database.rls.Walls.C;
import static dev.hermes.database.rls.Walls.REFUSED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.rls.Walls.Trial;
import dev.hermes.database.testing.TestDatabase;
import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.postgresql.PGConnection;

/**
 * The less usual ways to another tenant's rows, on every tenant table: MERGE, upsert, COPY, keys
 * and foreign keys as oracles, data migrations. Each with its control.
 */
class CatalogueIT {
  private static Walls walls;

  @BeforeAll
  static void start() throws SQLException {
    walls = new Walls();
  }

  @AfterAll
  static void stop() {
    walls.close();
  }

  @TestFactory
  @DisplayName("R6 an upsert on another tenant's key says the same whether the row exists or not")
  Stream<DynamicTest> upsert() {
    return walls.each(table -> {
      String taken = refusal(table.upsert(B, 0));
      assertThat(taken).startsWith(REFUSED).isEqualTo(refusal(table.upsert(C, 0)));
      assertThat(refusal(table.insert(B, 0) + " on conflict do nothing")).isEqualTo(taken);
      try (Trial control = walls.superuser()) {
        assertThat(control.rows(table.insert(B, 0) + " on conflict do nothing")).isZero();
        assertThat(control.rows(table.upsert(B, 0))).isOne();
      }
    });
  }

  private static String refusal(String sql) throws SQLException {
    try (Trial app = walls.app(A)) {
      return app.message(sql);
    }
  }

  @TestFactory
  @DisplayName("R7 R33 MERGE makes, changes, moves and removes nothing of another tenant")
  Stream<DynamicTest> merge() {
    return walls.each(table -> {
      String keep = "update set tenant_id = t.tenant_id";
      String toC = "update set tenant_id = '" + C + "'";
      try (Trial app = walls.app(A)) {
        assertThat(app.rows(table.mergeMatched(B, keep))).isZero();
        assertThat(app.rows(table.mergeMatched(B, "delete"))).isZero();
        assertThat(app.rows(table.mergeMatched(A, keep))).isOne();
      }
      assertThat(refusal(table.mergeMatched(A, toC))).startsWith(REFUSED);
      assertThat(refusal(table.mergeInsert(C, 1))).startsWith(REFUSED);
      try (Trial control = walls.superuser()) {
        assertThat(control.rows(table.mergeInsert(C, 1))).isOne();
        assertThat(control.rows(table.mergeMatched(A, "delete"))).isOne();
        assertThat(control.rows(table.mergeMatched(B, keep))).isOne();
        assertThat(control.rows(table.mergeMatched(B, "delete"))).isOne();
      }
    });
  }

  @TestFactory
  @DisplayName("R8 COPY TO carries the own rows alone, COPY FROM is refused even with the grant")
  Stream<DynamicTest> copy() {
    return walls.each(table -> {
      try (Trial app = walls.app(A)) {
        assertThat(copied(app, table)).containsExactly(A.toString());
      }
      try (Trial app = walls.app(A)) {
        assertThat(app.outcome("copy " + table + " from stdin")).isEqualTo("0A000");
      }
      try (Trial control = walls.superuser()) {
        assertThat(copied(control, table)).containsExactlyInAnyOrder(A.toString(), B.toString());
        assertThat(
                control
                    .connection()
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("copy " + table + " from stdin", new StringReader("")))
            .isZero();
      }
    });
  }

  private static List<String> copied(Trial trial, TenantTable table) throws Exception {
    StringWriter out = new StringWriter();
    trial
        .connection()
        .unwrap(PGConnection.class)
        .getCopyAPI()
        .copyOut("copy (select tenant_id from " + table + ") to stdout", out);
    return out.toString().lines().toList();
  }

  @TestFactory
  @DisplayName(
      "R19 a data migration as the owner silently finds nothing; as the migrator, all rows")
  Stream<DynamicTest> migrator() {
    return walls.each(table -> {
      try (Trial owner = walls.superuser()) {
        owner.outcome("set local role hermes_owner");
        // authn.key_digests has a reviewed policy for its functions, which run as the owner.
        boolean doors = table.name().equals("authn.key_digests");
        assertThat(owner.rows(table.updateAll())).isEqualTo(doors ? 2 : 0);
      }
      try (Trial migrator = walls.superuser()) {
        migrator.outcome("set local role hermes_migrator");
        assertThat(migrator.rows(table.updateAll())).isEqualTo(2);
      }
    });
  }

  @TestFactory
  @DisplayName("R24 a foreign key to another tenant's row is refused as one to no row at all")
  Stream<DynamicTest> foreignKey() {
    List<TenantTable> children =
        walls.tables().stream()
            .filter(table ->
                table.columns().stream().anyMatch(c -> c.key() && !c.name().equals("tenant_id")))
            .toList();
    assertThat(children).isNotEmpty();
    return children.stream()
        .map(table ->
            DynamicTest.dynamicTest(
                table.name(),
                () -> {
                  String foreign = refusal(table.insert(A, B, 1));
                  assertThat(foreign).startsWith("23503").isEqualTo(refusal(table.insert(A, C, 1)));
                  assertThat(refusal(table.insert(A, A, 1))).isEqualTo("done");
                }));
  }

  @TestFactory
  @DisplayName("R25 no key of one tenant collides with the same key of another")
  Stream<DynamicTest> collision() {
    return walls.each(table -> {
      try (Trial superuser = walls.superuser()) {
        if (superuser.number(globalKeys(table)) == 0) {
          assertThat(superuser.rows(table.duplicate(B, C))).isOne();
          return;
        }
        // A reviewed registry: the application could not even try.
        assertThat(superuser.outcome(table.duplicate(B, C))).isEqualTo("23505");
      }
      try (TestDatabase asInstalled = TestDatabase.create();
          Connection app = asInstalled.connect("app")) {
        app.setAutoCommit(false);
        assertThat(new Trial(app).outcome(table.insert(A, 0))).isEqualTo(REFUSED);
      }
    });
  }

  private static String globalKeys(TenantTable table) {
    return """
    select count(*) from pg_index x
      join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]
     where x.indrelid = '%s'::regclass and x.indisunique and a.attname <> 'tenant_id'\
    """
        .formatted(table);
  }
}

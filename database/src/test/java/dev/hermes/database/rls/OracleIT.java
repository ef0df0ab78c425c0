package dev.hermes.database.rls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.testing.TestDatabase;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Random statements, the same under row-level security and cut by hand. Another seed each run;
 * {@code -Dhermes.oracle.seed=… -Dhermes.oracle.queries=…} repeats or extends one.
 */
class OracleIT {
  private static final long SEED =
      Long.getLong("hermes.oracle.seed", new SecureRandom().nextInt(Integer.MAX_VALUE));
  private static final int QUERIES = Integer.getInteger("hermes.oracle.queries", 2_500);
  // A wrong policy on one table of ten is met long before this many.
  private static final int CONTROL = 3_000;

  @Test
  @DisplayName("R49 R50 TEN-1 random statements: a tenant gets what its own rows alone would give")
  void equal() throws SQLException {
    System.out.printf("R50: seed %d (-Dhermes.oracle.seed=%d repeats it)%n", SEED, SEED);
    try (TestDatabase database = TestDatabase.create();
        Oracle oracle = new Oracle(database, SEED)) {
      for (int i = 0; i < QUERIES; i++) {
        Optional<String> difference = oracle.next();
        assertThat(difference).as("seed %d, statement %d", SEED, i).isEmpty();
      }
      System.out.printf(
          "R50: %d statements, %d with rows, %d refused alike; R49: %s%n",
          QUERIES, oracle.filled(), oracle.refused(), oracle.features());
      assertThat(oracle.features())
          .containsKeys(
              "lateral",
              "with recursive",
              "with materialized ",
              "union",
              "except",
              "window",
              "full join",
              "exists subquery",
              "in subquery",
              "scalar subquery",
              "update",
              "delete",
              "insert select",
              "order by limit");
      assertThat(oracle.filled()).as("statements with rows").isGreaterThan(QUERIES / 2);
      assertThat(oracle.refused()).as("statements that try nothing").isLessThan(QUERIES / 10);
    }
  }

  @TestFactory
  @DisplayName("R50 control: with one policy dropped or opened the oracle finds it")
  Stream<DynamicTest> found() {
    return Stream.of(
            "drop policy tenant_select on hermes.sessions",
            "drop policy tenant_insert on hermes.sandbox_leases",
            "drop policy tenant_update on hermes.execution_receipts",
            "drop policy tenant_delete on hermes.messages",
            "alter policy tenant_select on hermes.usage_records using (true)",
            "alter policy tenant_select on hermes.audit_log using (tenant_id is not null)",
            "alter table hermes.tenant_deletions disable row level security")
        .map(defect -> DynamicTest.dynamicTest(defect, () -> finds(defect)));
  }

  private static void finds(String defect) throws SQLException {
    try (TestDatabase database = TestDatabase.create();
        Oracle oracle = new Oracle(database, SEED)) {
      oracle.execute(defect);
      for (int i = 1; i <= CONTROL; i++) {
        if (oracle.next().isPresent()) {
          System.out.printf("R50 control: found after %d statements: %s%n", i, defect);
          return;
        }
      }
      throw new AssertionError("not found in " + CONTROL + " statements, seed " + SEED);
    }
  }
}

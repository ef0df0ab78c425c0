package dev.hermes.api.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.database.access.Pools;
import dev.hermes.database.testing.TestDatabase;
import io.micronaut.runtime.server.event.ServerStartupEvent;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StartGateIT {

  @Test
  @DisplayName("a database that is as it must be opens the gate")
  void opens() {
    try (TestDatabase database = TestDatabase.create();
        HikariDataSource app = pool(database.url(), database, "app", false);
        HikariDataSource authn = pool(database.url(), database, "authn", true)) {
      StartGate gate = gate(app, authn, status -> {});
      await().until(gate::isOpen);
    }
  }

  @Test
  @DisplayName("an unmigrated schema, or a role too strong, ends the process with the reason")
  void refuses() throws Exception {
    try (TestDatabase empty = TestDatabase.empty();
        TestDatabase database = TestDatabase.create();
        HikariDataSource app = pool(empty.url(), empty, "app", false);
        HikariDataSource authn = pool(empty.url(), empty, "authn", true);
        HikariDataSource good = pool(database.url(), database, "app", false);
        HikariDataSource strong = pool(database.url(), database, "migrator", false)) {
      assertThat(ended(app, authn)).isEqualTo(1);
      assertThat(ended(strong, good)).isEqualTo(1);
      assertThat(ended(good, strong)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("TEN-8 the process does not serve when a wall is missing at its start")
  void missingWall() throws Exception {
    try (TestDatabase database = TestDatabase.create();
        HikariDataSource app = pool(database.url(), database, "app", false);
        HikariDataSource authn = pool(database.url(), database, "authn", true)) {
      execute(database, "drop policy tenant_select on hermes.messages");
      assertThat(ended(app, authn)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("TEN-16 what a newer release's migration adds does not stop this one in an upgrade")
  void newerSchema() throws Exception {
    try (TestDatabase database = TestDatabase.create();
        HikariDataSource app = pool(database.url(), database, "app", false);
        HikariDataSource authn = pool(database.url(), database, "authn", true)) {
      StartGate gate = gate(app, authn, status -> {});
      await().until(gate::isOpen);
      execute(
          database,
          """
          begin;
          insert into flyway.flyway_schema_history (installed_rank, version, description, type, script,
            installed_by, execution_time, success) values (999, '999', '', 'SQL', '', '', 1, true);
          create table hermes.newer (a int primary key);
          commit\
          """);
      await().during(Duration.ofSeconds(4)).atMost(Duration.ofSeconds(10)).until(gate::isSound);
      // The control: without the newer version the same table is a wall that is missing.
      execute(database, "delete from flyway.flyway_schema_history where version = '999'");
      await().atMost(Duration.ofSeconds(10)).until(() -> !gate.isSound());
    }
  }

  private static void execute(TestDatabase database, String sql) throws Exception {
    try (Connection superuser = database.superuser();
        Statement statement = superuser.createStatement()) {
      statement.execute(sql);
    }
  }

  private static int ended(HikariDataSource app, HikariDataSource authn) throws Exception {
    CompletableFuture<Integer> ended = new CompletableFuture<>();
    StartGate gate = gate(app, authn, ended::complete);
    int status = ended.get(10, TimeUnit.SECONDS);
    assertThat(gate.isOpen()).isFalse();
    return status;
  }

  private static StartGate gate(
      HikariDataSource app, HikariDataSource authn, Termination termination) {
    StartGate gate =
        new StartGate(
            app, authn, authn, termination, Duration.ofMillis(100), Duration.ofSeconds(1));
    gate.onApplicationEvent((ServerStartupEvent) null);
    return gate;
  }

  private static HikariDataSource pool(
      String url, TestDatabase database, String role, boolean autoCommit) {
    Path file = database.passwordDir().resolve(role);
    return autoCommit
        ? Pools.autoCommit(url, "hermes_" + role, file, 1, role)
        : Pools.transactional(url, "hermes_" + role, file, 1, role);
  }
}

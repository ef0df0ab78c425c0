package dev.hermes.api.database;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.database.access.Pools;
import dev.hermes.database.testing.TestDatabase;
import io.micronaut.runtime.server.event.ServerStartupEvent;
import java.nio.file.Path;
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
      org.awaitility.Awaitility.await().until(gate::isOpen);
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

  private static int ended(HikariDataSource app, HikariDataSource authn) throws Exception {
    CompletableFuture<Integer> ended = new CompletableFuture<>();
    StartGate gate = gate(app, authn, ended::complete);
    int status = ended.get(10, TimeUnit.SECONDS);
    assertThat(gate.isOpen()).isFalse();
    return status;
  }

  private static StartGate gate(
      HikariDataSource app, HikariDataSource authn, Termination termination) {
    StartGate gate = new StartGate(app, authn, termination, Duration.ofMillis(100));
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

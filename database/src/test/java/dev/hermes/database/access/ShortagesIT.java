package dev.hermes.database.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ShortagesIT {
  private static final TenantId TENANT = new TenantId(UUID.randomUUID());
  private static final Duration HEAD_START = Duration.ofSeconds(2);

  @Test
  @DisplayName(
      "RES-11 who would spend before the first row is refused while callers wait in vain, and no longer")
  void waiting() throws Exception {
    try (TestDatabase database = TestDatabase.create();
        HikariDataSource pool =
            Pools.transactional(
                database.url(), "hermes_app", database.passwordDir().resolve("app"), 1, "short");
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      TenantDatabase tenants = new TenantDatabase(pool);
      Future<?> last;
      try (Connection _ = pool.getConnection()) {
        Future<?> first = threads.submit(() -> count(tenants));
        await().until(() -> waiting(pool) == 1);
        // of the pool's three seconds the last one has so many left when the first has none
        Thread.sleep(HEAD_START);
        last = threads.submit(() -> count(tenants));
        await().until(() -> waiting(pool) == 2);
        assertThatCode(() -> tenants.reach(TENANT))
            .as("control: they wait, none in vain yet")
            .doesNotThrowAnyException();
        assertThatThrownBy(first::get).hasCauseInstanceOf(DatabaseException.class);
        assertThatThrownBy(() -> tenants.reach(TENANT))
            .isInstanceOfSatisfying(
                DatabaseException.class, e -> assertThat(e.unavailable()).isTrue());
      }
      last.get();
      assertThatCode(() -> tenants.reach(TENANT)).doesNotThrowAnyException();
    }
  }

  private static int count(TenantDatabase tenants) {
    return tenants.inTenant(
        TENANT,
        handle ->
            handle.createQuery("select count(*) from hermes.sessions").mapTo(Integer.class).one());
  }

  private static int waiting(HikariDataSource pool) {
    return pool.getHikariPoolMXBean().getThreadsAwaitingConnection();
  }
}

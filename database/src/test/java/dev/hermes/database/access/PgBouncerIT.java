package dev.hermes.database.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.database.testing.TestDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * PgBouncer in transaction mode: eight connections of the application share one to the server, so
 * that whatever outlives a transaction meets another tenant. {@code make test} brings PgBouncer and
 * demands these tests ({@code -Dhermes.pgbouncer=required}); without it they are skipped.
 */
class PgBouncerIT {
  private static final TenantId A = new TenantId(UUID.randomUUID());
  private static final TenantId B = new TenantId(UUID.randomUUID());

  @TempDir private Path folder;
  private TestDatabase database;
  private PgBouncer bouncer;

  @BeforeEach
  void start() throws Exception {
    Optional<Path> program = PgBouncer.program();
    if (!"required".equals(System.getProperty("hermes.pgbouncer"))) {
      assumeTrue(program.isPresent(), "no PgBouncer: run dev/pgbouncer.sh");
    }
    assertThat(program).as("PgBouncer; run dev/pgbouncer.sh").isPresent();
    database = TestDatabase.create();
    try (Connection superuser = database.superuser();
        Statement statement = superuser.createStatement()) {
      for (TenantId tenant : List.of(A, B)) {
        statement.execute(
            "insert into hermes.sessions (tenant_id, session_id, user_id, title) values ('%s', 's', 'u', '%s')"
                .formatted(tenant, tenant));
      }
    }
    bouncer = PgBouncer.start(program.get(), database, folder);
  }

  @AfterEach
  void stop() {
    if (bouncer != null) {
      bouncer.close();
      database.close();
    }
  }

  private HikariDataSource pool() {
    // Server-prepared from the first execution on, and not, as by default, from the fifth.
    HikariDataSource pool =
        Pools.transactional(
            bouncer.url() + "?prepareThreshold=1",
            "hermes_app",
            database.passwordDir().resolve("app"),
            8,
            "through-pgbouncer");
    // No time is measured here: who waits behind the others does so however slow the machine is.
    pool.setConnectionTimeout(Duration.ofMinutes(2).toMillis());
    return pool;
  }

  private static String title(Handle handle) {
    return handle.createQuery("select title from hermes.sessions").mapTo(String.class).one();
  }

  private static long number(Handle handle, String sql) {
    return handle.createQuery(sql).mapTo(Long.class).one();
  }

  @Test
  @DisplayName("R14 10,000 interleaved requests of two tenants through PgBouncer: no mix")
  void interleaved() throws Exception {
    Map<String, Integer> seen = new ConcurrentHashMap<>();
    Set<Long> servers = ConcurrentHashMap.newKeySet();
    // A few more than the pool has connections.
    Semaphore waiting = new Semaphore(12);
    try (HikariDataSource pool = pool();
        var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      TenantDatabase tenants = new TenantDatabase(pool);
      List<Future<?>> requests = new ArrayList<>();
      for (int i = 0; i < 10_000; i++) {
        TenantId tenant = i % 2 == 0 ? A : B;
        requests.add(
            executor.submit(() -> {
              waiting.acquire();
              try {
                String title =
                    tenants.inTenant(
                        tenant,
                        handle -> {
                          servers.add(number(handle, "select pg_backend_pid()"));
                          return title(handle);
                        });
                return seen.merge(tenant + " saw " + title, 1, Integer::sum);
              } finally {
                waiting.release();
              }
            }));
      }
      for (Future<?> request : requests) {
        request.get();
      }
      long prepared =
          tenants.inTenant(
              A, handle -> number(handle, "select count(*) from pg_prepared_statements"));
      assertThat(prepared).as("statements prepared on the server").isPositive();
    }
    assertThat(seen).isEqualTo(Map.of(A + " saw " + A, 5_000, B + " saw " + B, 5_000));
    assertThat(servers).as("connections to the server").hasSize(1);
  }

  @Test
  @DisplayName("R14 writes that are one message each, of two tenants: each tenant has its own")
  void writes() throws Exception {
    int count = 1_000;
    try (HikariDataSource pool = pool();
        var executor = Executors.newFixedThreadPool(12)) {
      TenantDatabase tenants = new TenantDatabase(pool);
      List<Future<?>> requests = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        TenantId tenant = i % 2 == 0 ? A : B;
        Map<String, Object> values =
            Map.of("tenant", tenant.value(), "session", "w" + i, "title", tenant.toString());
        requests.add(
            executor.submit(() ->
                tenants.write(
                    tenant,
                    new Writes()
                        .add(
                            "insert into hermes.sessions (tenant_id, session_id, user_id)"
                                + " values (:tenant, :session, 'u')",
                            values)
                        // row-level security alone says whose
                        .add(
                            "update hermes.sessions set title = :title where session_id = :session",
                            values))));
      }
      for (Future<?> request : requests) {
        request.get();
      }
    }
    try (Connection superuser = database.superuser();
        Statement statement = superuser.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select count(*) from hermes.sessions where title = tenant_id::text")) {
      row.next();
      assertThat(row.getInt(1)).isEqualTo(count + 2);
    }
  }

  @Test
  @DisplayName("R14 control: a tenant set for the session, not the transaction, would mix")
  void sessionContext() throws Exception {
    try (Connection one = connect();
        Connection other = connect()) {
      assertThat(titles(other)).isEmpty();
      one.createStatement().execute("select set_config('app.current_tenant', '" + A + "', false)");
      // A client that set nothing sees what another one's setting shows.
      assertThat(titles(other)).containsExactly(A.toString());
    }
    // And the application refuses to work on what such a client has left behind.
    try (HikariDataSource pool = pool()) {
      TenantDatabase tenants = new TenantDatabase(pool);
      assertThatThrownBy(() -> tenants.inTenant(B, PgBouncerIT::title))
          .isInstanceOf(LeftoverContextException.class);
    }
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(bouncer.url(), "hermes_app", "test-app");
  }

  private static List<String> titles(Connection connection) throws SQLException {
    List<String> titles = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select title from hermes.sessions")) {
      while (row.next()) {
        titles.add(row.getString(1));
      }
    }
    return titles;
  }
}

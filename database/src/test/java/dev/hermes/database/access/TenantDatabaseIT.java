package dev.hermes.database.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.database.testing.TestDatabase;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A pool of one connection, so that whatever one piece of work leaves behind meets the next. */
class TenantDatabaseIT {
  private static final TenantId A = new TenantId(UUID.randomUUID());
  private static final TenantId B = new TenantId(UUID.randomUUID());
  private static final String CONTEXT =
      "select coalesce(current_setting('app.current_tenant', true), '')";

  private TestDatabase database;
  private HikariDataSource pool;
  private TenantDatabase tenants;

  @BeforeEach
  void start() throws SQLException {
    database = TestDatabase.create();
    pool = pool(database.url());
    tenants = new TenantDatabase(pool);
    try (Connection superuser = database.superuser();
        Statement statement = superuser.createStatement()) {
      for (TenantId tenant : List.of(A, B)) {
        statement.execute(
            "insert into hermes.sessions (tenant_id, session_id, user_id, title) values ('%s', 's', 'u', '%s')"
                .formatted(tenant, tenant));
      }
    }
  }

  @AfterEach
  void stop() {
    pool.close();
    database.close();
  }

  private HikariDataSource pool(String url) {
    return Pools.transactional(url, "hermes_app", database.passwordDir().resolve("app"), 1, "test");
  }

  private static String title(Handle handle) {
    return handle.createQuery("select title from hermes.sessions").mapTo(String.class).one();
  }

  private String context() throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(CONTEXT)) {
      row.next();
      String context = row.getString(1);
      connection.rollback();
      return context;
    }
  }

  @Test
  @DisplayName("TEN-3 R13 10,000 interleaved requests of two tenants on one connection: no mix")
  void interleaved() throws Exception {
    Map<String, Integer> seen = new ConcurrentHashMap<>();
    // What is measured is no time: who waits behind the others does so however slow the machine is.
    pool.setConnectionTimeout(Duration.ofMinutes(2).toMillis());
    Semaphore waiting = new Semaphore(16);
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> requests = new ArrayList<>();
      for (int i = 0; i < 10_000; i++) {
        TenantId tenant = i % 2 == 0 ? A : B;
        requests.add(
            executor.submit(() -> {
              waiting.acquire();
              try {
                String title = tenants.inTenant(tenant, TenantDatabaseIT::title);
                return seen.merge(tenant + " saw " + title, 1, Integer::sum);
              } finally {
                waiting.release();
              }
            }));
      }
      for (Future<?> request : requests) {
        request.get();
      }
    }
    assertThat(seen).isEqualTo(Map.of(A + " saw " + A, 5_000, B + " saw " + B, 5_000));
  }

  @Test
  @DisplayName(
      "two databases: work of one joins the other's transaction in the same database alone")
  void twoDatabases() {
    AtomicInteger looks = new AtomicInteger();
    TenantDatabase content =
        new TenantDatabase(tenant -> {
          looks.incrementAndGet();
          return Place.shared(pool);
        });
    String seen =
        content.inTenant(
            A,
            outer -> {
              assertThat(tenants.joins(content, A)).isTrue();
              content.inTenant(A, TenantDatabaseIT::title);
              return tenants.inTenant(A, TenantDatabaseIT::title);
            });
    assertThat(seen).isEqualTo(A.toString());
    assertThat(looks).as("a transaction knows its place").hasValue(1);

    try (HikariDataSource elsewhere = pool(database.url())) {
      TenantDatabase other = new TenantDatabase(elsewhere);
      assertThat(other.joins(tenants, A)).isFalse();
      assertThatThrownBy(
              () -> tenants.inTenant(A, outer -> other.inTenant(A, TenantDatabaseIT::title)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("one database cannot be entered for another");
      assertThat(other.inTenant(A, TenantDatabaseIT::title)).as("control").isEqualTo(A.toString());
    }
  }

  @Test
  @DisplayName("TEN-3 R11 work of the same tenant joins the transaction, of another one is refused")
  void nested() {
    String both =
        tenants.inTenant(
            A,
            outer -> {
              Object outerId = transaction(outer);
              Object innerId = tenants.inTenant(A, TenantDatabaseIT::transaction);
              assertThat(innerId).isEqualTo(outerId);
              assertThatThrownBy(() -> tenants.inTenant(B, TenantDatabaseIT::title))
                  .isInstanceOf(IllegalStateException.class)
                  .hasMessageContaining("another");
              return title(outer);
            });
    assertThat(both).isEqualTo(A.toString());
  }

  private static Object transaction(Handle handle) {
    return handle.createQuery("select pg_current_xact_id()::text").mapTo(String.class).one();
  }

  @Test
  @DisplayName("TEN-3 R12 after commit, exception, SQL error and timeout the connection is empty")
  void leavesNothing() throws Exception {
    tenants.inTenant(A, TenantDatabaseIT::title);
    assertThat(context()).isEmpty();

    assertThatThrownBy(() ->
            tenants.inTenant(
                A,
                handle -> {
                  handle.execute("update hermes.sessions set title = 'changed'");
                  throw new IllegalArgumentException("mine");
                }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("mine");
    assertThat(context()).isEmpty();
    assertThat(tenants.inTenant(A, TenantDatabaseIT::title)).isEqualTo(A.toString());

    assertThatThrownBy(() -> tenants.inTenant(A, handle -> handle.execute("select 1 / 0")))
        .hasMessageContaining("division by zero");
    assertThat(context()).isEmpty();

    assertThatThrownBy(() ->
            tenants.inTenant(
                A,
                handle -> {
                  handle.execute("set local statement_timeout = '10ms'");
                  return handle.execute("select pg_sleep(5)");
                }))
        .hasMessageContaining("statement timeout");
    assertThat(context()).isEmpty();
  }

  @Test
  @DisplayName("TEN-3 R12 a cancelled statement and an interrupted thread leave nothing either")
  void cancelled() throws Exception {
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    CountDownLatch running = new CountDownLatch(1);
    Thread worker =
        Thread.ofVirtual()
            .start(() -> {
              try {
                tenants.inTenant(
                    A,
                    handle -> {
                      running.countDown();
                      return handle.execute("select pg_sleep(20)");
                    });
              } catch (RuntimeException e) {
                outcome.set(e);
              }
            });
    running.await();
    worker.interrupt();
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> !worker.isAlive() || cancelBackends() && !worker.isAlive());
    assertThat(outcome.get()).isNotNull();
    assertThat(context()).isEmpty();
    assertThat(tenants.inTenant(B, TenantDatabaseIT::title)).isEqualTo(B.toString());
  }

  private boolean cancelBackends() throws SQLException {
    try (Connection superuser = database.superuser();
        Statement statement = superuser.createStatement()) {
      return statement.execute(
          "select pg_cancel_backend(pid) from pg_stat_activity"
              + " where usename = 'hermes_app' and query like '%pg_sleep%' and state = 'active'");
    }
  }

  @Test
  @DisplayName("TEN-3 a connection that still carries a tenant is thrown away, and nothing is done")
  void leftover() throws Exception {
    int before = backend();
    tenants.inTenant(
        A,
        handle ->
            handle.execute(
                "select set_config('app.current_tenant', ?, false)", A.value().toString()));
    List<String> ran = new ArrayList<>();

    assertThatThrownBy(() -> tenants.inTenant(B, handle -> ran.add(title(handle))))
        .isInstanceOf(LeftoverContextException.class);

    assertThat(ran).isEmpty();
    await().atMost(Duration.ofSeconds(5)).until(() -> backend() != before);
    assertThat(tenants.inTenant(B, TenantDatabaseIT::title)).isEqualTo(B.toString());
  }

  @Test
  @DisplayName("R44 a cursor WITH HOLD does not carry one tenant's rows to the next")
  void heldCursor() throws Exception {
    int before = backend();
    tenants.inTenant(
        A,
        handle ->
            handle.execute("declare kept cursor with hold for select title from hermes.sessions"));
    // The control: past the commit the rows are there for whoever has the connection.
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("fetch kept")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getString(1)).isEqualTo(A.toString());
      statement.execute("move absolute 0 in kept");
      connection.commit();
    }

    assertThatThrownBy(() -> tenants.inTenant(B, handle -> handle.execute("fetch kept")))
        .isInstanceOf(LeftoverContextException.class);

    await().atMost(Duration.ofSeconds(5)).until(() -> backend() != before);
    assertThatThrownBy(() -> tenants.inTenant(B, handle -> handle.execute("fetch kept")))
        .hasMessageContaining("does not exist");
  }

  @Test
  @DisplayName(
      "R17 work over many tenants is a transaction each: one that fails undoes itself alone")
  void job() {
    List<String> failed = new ArrayList<>();
    for (TenantId tenant : List.of(A, B)) {
      try {
        tenants.inTenant(
            tenant,
            handle -> {
              assertThat(handle.execute("update hermes.sessions set title = 'done'")).isOne();
              if (tenant.equals(A)) {
                throw new IllegalArgumentException("A fails");
              }
              return null;
            });
      } catch (IllegalArgumentException e) {
        failed.add(tenant.toString());
      }
    }
    assertThat(failed).containsExactly(A.toString());
    assertThat(tenants.inTenant(A, TenantDatabaseIT::title)).isEqualTo(A.toString());
    assertThat(tenants.inTenant(B, TenantDatabaseIT::title)).isEqualTo("done");
  }

  private int backend() {
    return tenants.inTenant(
        B, handle -> handle.createQuery("select pg_backend_pid()").mapTo(Integer.class).one());
  }

  @Test
  @DisplayName("TEN-3 the transaction cannot be ended, nor its connection kept, from inside")
  void bound() throws Exception {
    tenants.inTenant(
        A,
        handle -> {
          Connection connection = handle.getConnection();
          assertThatThrownBy(connection::commit).isInstanceOf(SQLException.class);
          assertThatThrownBy(connection::rollback).isInstanceOf(SQLException.class);
          assertThatThrownBy(() -> connection.setAutoCommit(true)).isInstanceOf(SQLException.class);
          // Jdbi's own transactions join; its savepoints work.
          handle.useTransaction(inner -> assertThat(title(inner)).isEqualTo(A.toString()));
          handle.savepoint("here");
          handle.execute("update hermes.sessions set title = 'x'");
          handle.rollbackToSavepoint("here");
          assertThat(title(handle)).isEqualTo(A.toString());
          return null;
        });
  }

  @Test
  @DisplayName(
      "TEN-5 TenantDataSource throws without a tenant and lends the tenant's connection within")
  void dataSource() throws Exception {
    TenantDataSource dataSource = new TenantDataSource();
    assertThatThrownBy(dataSource::getConnection)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("inTenant");
    tenants.inTenant(
        A,
        handle -> {
          try (Connection lent = dataSource.getConnection();
              Statement statement = lent.createStatement();
              ResultSet row = statement.executeQuery("select title from hermes.sessions")) {
            row.next();
            assertThat(row.getString(1)).isEqualTo(A.toString());
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
          // Closing what was lent leaves the transaction open.
          return title(handle);
        });
  }

  @Test
  @DisplayName("R16 another thread may not use a transaction it did not begin")
  void otherThread() throws Exception {
    AtomicReference<TenantTransaction> leaked = new AtomicReference<>();
    tenants.inTenant(
        A,
        handle -> {
          leaked.set(TenantTransaction.CURRENT.get());
          return null;
        });
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    Thread.ofVirtual()
        .start(() ->
            ScopedValue.where(TenantTransaction.CURRENT, leaked.get())
                .run(() -> {
                  try {
                    new TenantDataSource().getConnection();
                  } catch (IllegalStateException e) {
                    outcome.set(e);
                  }
                }))
        .join();
    assertThat(outcome.get()).hasMessageContaining("another thread");
  }

  @Test
  @DisplayName("a transaction with one query is three round trips: bind, query, commit")
  void roundTrips() throws Exception {
    URI url = URI.create(database.url().substring("jdbc:".length()));
    try (Turnstile turnstile = new Turnstile(url.getPort());
        HikariDataSource counted =
            pool(
                "jdbc:postgresql://127.0.0.1:%d%s?sslmode=disable&gssEncMode=disable"
                    .formatted(turnstile.port(), url.getPath()))) {
      TenantDatabase through = new TenantDatabase(counted);
      through.inTenant(A, TenantDatabaseIT::title);
      int before = turnstile.roundTrips();
      int rounds = 100;
      for (int i = 0; i < rounds; i++) {
        through.inTenant(i % 2 == 0 ? A : B, TenantDatabaseIT::title);
      }
      int each = (turnstile.roundTrips() - before) / rounds;
      System.out.println("inTenant with one query: " + each + " round trips, commit included");
      assertThat(turnstile.roundTrips() - before).isEqualTo(3 * rounds);
    }
  }

  @Test
  @DisplayName("R15 server-prepared statements follow the tenant, not their first plan")
  void prepared() {
    for (int i = 0; i < 50; i++) {
      TenantId tenant = i % 2 == 0 ? A : B;
      assertThat(tenants.inTenant(tenant, TenantDatabaseIT::title)).isEqualTo(tenant.toString());
    }
  }

  @Test
  @DisplayName("PostgreSQL away is said so within the pool's patience, and it recovers by itself")
  void away() {
    try (HikariDataSource nowhere = pool("jdbc:postgresql://127.0.0.1:1/hermes")) {
      assertThatThrownBy(() -> new TenantDatabase(nowhere).inTenant(A, TenantDatabaseIT::title))
          .isInstanceOfSatisfying(
              DatabaseException.class, e -> assertThat(e.unavailable()).isTrue());
    }
  }

  @Test
  @DisplayName("a pool with auto-commit is refused: the context would be gone at once")
  void autoCommit() {
    try (HikariDataSource wrong =
        Pools.autoCommit(
            database.url(), "hermes_app", database.passwordDir().resolve("app"), 1, "wrong")) {
      assertThatThrownBy(() -> new TenantDatabase(wrong).inTenant(A, TenantDatabaseIT::title))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("auto-commit");
    }
  }

  @Test
  @DisplayName(
      "OBS-4 a watch is told each statement once, with its tenant and no values, also of one that fails")
  void watched() {
    List<String> told = new ArrayList<>();
    tenants.watched((tenant, sql, nanos) -> {
      assertThat(nanos).isPositive();
      told.add(tenant.equals(A) ? "A " + sql : "B " + sql);
    });
    String query = "select count(*) from hermes.sessions where title = :title";
    tenants.inTenant(
        A, handle -> handle.createQuery(query).bind("title", "x").mapTo(Integer.class).one());
    assertThatThrownBy(() -> tenants.inTenant(B, handle -> handle.execute("select nothing")))
        .hasMessageContaining("nothing");
    assertThat(told).containsExactly("A " + query, "B select nothing");
  }
}

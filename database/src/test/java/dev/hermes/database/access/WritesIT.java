package dev.hermes.database.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.database.testing.TestDatabase;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class WritesIT {
  private static final TenantId TENANT = new TenantId(UUID.randomUUID());
  private static final String SESSION =
      "insert into sessions (tenant_id, session_id, user_id, title)"
          + " values (:tenant, :session, :user, :title)";
  private static final String RENAME =
      "update sessions set title = :renamed where tenant_id = :tenant and session_id = :session";

  private TestDatabase database;
  private Turnstile turnstile;
  private HikariDataSource pool;
  private TenantDatabase tenants;

  @BeforeEach
  void start() throws Exception {
    database = TestDatabase.create();
    URI server = URI.create(database.url().substring("jdbc:".length()));
    turnstile = new Turnstile(server.getPort());
    pool =
        Pools.transactional(
            database.url().replace(":" + server.getPort() + "/", ":" + turnstile.port() + "/"),
            "hermes_app",
            database.passwordDir().resolve("app"),
            1,
            "test");
    tenants = new TenantDatabase(pool);
  }

  @AfterEach
  void stop() throws Exception {
    pool.close();
    turnstile.close();
    database.close();
  }

  private static Writes inserted(String title) {
    return new Writes()
        .add(
            SESSION, Map.of("tenant", TENANT.value(), "session", "s", "user", "u", "title", title));
  }

  private static Map<String, Object> renamed(String title) {
    return Map.of("tenant", TENANT.value(), "session", "s", "renamed", title);
  }

  private List<String> titles() {
    return tenants.inTenant(TENANT, WritesIT::titles);
  }

  private static List<String> titles(Handle handle) {
    return handle.createQuery("select title from sessions").mapTo(String.class).list();
  }

  private int trips(Writes writes) {
    int before = turnstile.roundTrips();
    tenants.inTenant(
        TENANT,
        handle -> {
          writes.send(handle);
          return true;
        });
    return turnstile.roundTrips() - before;
  }

  @Test
  @DisplayName("two writes are done in their order, and cost the round trips of one")
  void together() {
    titles();
    int one = trips(inserted("one"));
    assertThat(one).as("bind, write, commit").isEqualTo(3);
    int two =
        trips(
            new Writes()
                .add(RENAME, renamed("two"))
                .add(
                    "update sessions set title = title || :more where tenant_id = :tenant",
                    Map.of("tenant", TENANT.value(), "more", " and more")));
    assertThat(two).isEqualTo(one);
    assertThat(titles()).containsExactly("two and more");
  }

  @Test
  @DisplayName("when one fails all of them are undone, also those before it")
  void fails() {
    titles();
    Writes writes =
        inserted("lost")
            .add(
                "insert into sessions (tenant_id, session_id, user_id) values (:other, 'x', 'u')",
                Map.of("other", UUID.randomUUID()));
    assertThatThrownBy(() -> trips(writes))
        .as("a row of another tenant")
        .isInstanceOf(UnableToExecuteStatementException.class)
        .hasMessageContaining("row-level security");
    assertThat(titles()).isEmpty();
  }

  private int alone(Writes writes) {
    int before = turnstile.roundTrips();
    tenants.write(TENANT, writes);
    return turnstile.roundTrips() - before;
  }

  @Test
  @DisplayName(
      "writes alone are a transaction of one round trip, bound to the tenant and committed")
  void alone() throws Exception {
    titles();
    assertThat(alone(inserted("one").add(RENAME, renamed("two")))).isEqualTo(1);
    try (Connection superuser = database.superuser();
        Statement statement = superuser.createStatement();
        ResultSet row = statement.executeQuery("select title from hermes.sessions")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getString(1)).isEqualTo("two");
    }
    List<String> others = tenants.inTenant(new TenantId(UUID.randomUUID()), WritesIT::titles);
    assertThat(others).isEmpty();
  }

  @Test
  @DisplayName("F-1 who watches statements is told of the writes, not of what stands around them")
  void told() {
    List<String> seen = new ArrayList<>();
    tenants.watched((tenant, sql, nanos) -> seen.add(sql));
    tenants.write(TENANT, inserted("one").add(RENAME, renamed("two")));
    assertThat(seen).containsExactly(SESSION + ";\n" + RENAME);
  }

  @Test
  @DisplayName("of writes alone nothing is done when one fails, and the connection goes on")
  void aloneFails() {
    titles();
    Writes writes =
        inserted("lost")
            .add(
                "insert into sessions (tenant_id, session_id, user_id) values (:other, 'x', 'u')",
                Map.of("other", UUID.randomUUID()));
    assertThatThrownBy(() -> tenants.write(TENANT, writes))
        .as("a row of another tenant")
        .isInstanceOf(UnableToExecuteStatementException.class)
        .hasMessageContaining("row-level security");
    assertThat(titles()).isEmpty();
    assertThat(alone(inserted("next"))).isEqualTo(1);
    assertThat(titles()).containsExactly("next");
  }

  @Test
  @DisplayName("within a transaction they are a part of it: undone with it")
  void within() {
    titles();
    assertThatThrownBy(() ->
            tenants.inTenant(
                TENANT,
                handle -> {
                  tenants.write(TENANT, inserted("lost"));
                  assertThat(titles(handle)).containsExactly("lost");
                  throw new IllegalArgumentException("undo");
                }))
        .hasMessage("undo");
    assertThat(titles()).isEmpty();
  }

  @Test
  @DisplayName(
      "R44 nothing is written on a connection that carries another tenant; it is thrown away")
  void leftover() throws Exception {
    titles();
    int before = backend();
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "select set_config('app.current_tenant', '" + UUID.randomUUID() + "', false)");
      connection.commit();
    }
    assertThatThrownBy(() -> tenants.write(TENANT, inserted("lost")))
        .isInstanceOf(LeftoverContextException.class);
    await().atMost(Duration.ofSeconds(5)).until(() -> backend() != before);
    assertThat(titles()).isEmpty();
    // the control: the next connection is clean
    tenants.write(TENANT, inserted("kept"));
    assertThat(titles()).containsExactly("kept");
  }

  private int backend() {
    return tenants.inTenant(
        TENANT, handle -> handle.createQuery("select pg_backend_pid()").mapTo(Integer.class).one());
  }

  @Test
  @DisplayName("an empty value is null, and no writes are none")
  void values() {
    titles();
    trips(
        new Writes()
            .add(
                SESSION.replace("title)", "model)").replace(":title", ":model"),
                Map.of(
                    "tenant",
                    TENANT.value(),
                    "session",
                    "s",
                    "user",
                    "u",
                    "model",
                    Optional.empty())));
    assertThat(
            tenants.<List<Boolean>>inTenant(
                TENANT,
                handle ->
                    handle
                        .createQuery("select model is null from sessions")
                        .mapTo(Boolean.class)
                        .list()))
        .containsExactly(true);
    tenants.inTenant(
        TENANT,
        handle -> {
          new Writes().send(handle);
          return true;
        });
  }

  @Test
  @DisplayName("a name stands for one value")
  void names() {
    Writes writes = inserted("a");
    assertThatThrownBy(() -> writes.add("update", Map.of("title", "b")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("title");
  }
}

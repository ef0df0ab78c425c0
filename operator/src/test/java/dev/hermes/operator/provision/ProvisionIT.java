package dev.hermes.operator.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.access.Pools;
import dev.hermes.database.id.UuidV7;
import dev.hermes.database.key.Digest;
import dev.hermes.database.testing.TestDatabase;
import dev.hermes.operator.testing.Fixtures;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ProvisionIT {
  private static TestDatabase database;
  private static HikariDataSource provisioner;
  private static HikariDataSource probe;
  private static TenantRows tenants;
  private static KeyRows keys;

  @BeforeAll
  static void start() {
    database = TestDatabase.create();
    provisioner = pool("provisioner");
    probe = pool("probe");
    Fenced fenced = new Fenced(provisioner, () -> 0, () -> {});
    tenants = new TenantRows(fenced);
    keys = new KeyRows(fenced);
  }

  @AfterAll
  static void stop() {
    provisioner.close();
    probe.close();
    database.close();
  }

  private static HikariDataSource pool(String role) {
    return Pools.autoCommit(
        database.url(), "hermes_" + role, database.passwordDir().resolve(role), 2, "test-" + role);
  }

  private static TenantRow row(String uid, UUID id, String name, boolean suspended) {
    TenantSpec spec = TenantSpec.defaults();
    return new TenantRow(
        uid,
        id,
        new EffectiveTenant(
            id.toString(),
            name,
            name,
            suspended,
            1,
            null,
            spec.models(),
            spec.tools().allow(),
            60,
            10,
            List.of()));
  }

  private static UUID tenant(String uid) {
    return tenants.upsert(row(uid, UuidV7.next(), uid, false));
  }

  private static NewKey key(UUID tenant, String kid, String uid, List<String> roles) {
    return new NewKey(
        tenant,
        kid,
        new Digest(1, new byte[32]),
        "hx_live_" + kid,
        roles,
        List.of("read"),
        "key:" + uid,
        Instant.now().plus(1, ChronoUnit.DAYS),
        uid);
  }

  private static String sql(String query) {
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() ? String.valueOf(row.getObject(1)) : "";
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @DisplayName("an object keeps its id, whatever id is offered later")
  void idForEver() {
    UUID first = tenants.upsert(row("uid-1", UuidV7.next(), "one", false));
    UUID second = tenants.upsert(row("uid-1", UuidV7.next(), "one", false));

    assertThat(second).isEqualTo(first);
    assertThat(tenants.find("uid-1")).contains(first);
    assertThat(tenants.find("nobody")).isEmpty();
  }

  @Test
  @DisplayName("nothing is written when nothing differs")
  void noWrite() {
    UUID id = tenant("uid-2");
    String before = sql("select xmin from hermes.tenants where cr_uid = 'uid-2'");
    tenants.upsert(row("uid-2", id, "uid-2", false));

    assertThat(sql("select xmin from hermes.tenants where cr_uid = 'uid-2'")).isEqualTo(before);
  }

  @Test
  @DisplayName("suspended is a state of the row")
  void suspended() {
    UUID id = tenant("uid-3");
    tenants.upsert(row("uid-3", id, "uid-3", true));

    assertThat(sql("select state from hermes.tenants where cr_uid = 'uid-3'"))
        .isEqualTo("suspended");
  }

  @Test
  @DisplayName("deletion revokes keys, leaves one record, and may be repeated")
  void deletion() {
    UUID id = tenant("uid-4");
    keys.issue(key(id, "kidkidkid004", "key-4", List.of("user")));

    for (int i = 0; i < 2; i++) {
      tenants.delete(id, "uid-4", "four", Fixtures.NOW, Map.of("why", "test"));
    }

    assertThat(sql("select state from hermes.tenants where cr_uid = 'uid-4'")).isEqualTo("deleted");
    assertThat(sql("select count(*) from hermes.tenant_deletions where cr_uid = 'uid-4'"))
        .isEqualTo("1");
    assertThat(keys.find("key-4").getFirst().revokedAt()).isPresent();
  }

  @Test
  @DisplayName("a key is stored once and its rights follow")
  void issue() {
    UUID id = tenant("uid-5");

    assertThat(keys.issue(key(id, "kidkidkid005", "key-5", List.of("user")))).isTrue();
    assertThat(keys.issue(key(id, "kidkidkid005", "key-5", List.of("owner")))).isTrue();

    assertThat(keys.find("key-5")).hasSize(1);
    assertThat(sql("select roles from authn.key_digests where kid = 'kidkidkid005'"))
        .isEqualTo("{owner}");
    keys.revoke("kidkidkid005");
    assertThat(keys.find("key-5").getFirst().revokedAt()).isPresent();
  }

  @Test
  @DisplayName("a key id that another key has is refused")
  void taken() {
    UUID id = tenant("uid-6");
    keys.issue(key(id, "kidkidkid006", "key-6", List.of("user")));
    NewKey other = key(id, "kidkidkid006", "key-7", List.of("user"));
    byte[] digest = new byte[32];
    digest[0] = 1;

    assertThat(
            keys.issue(
                new NewKey(
                    other.tenantId(),
                    other.keyId(),
                    new Digest(1, digest),
                    other.prefix(),
                    other.roles(),
                    other.scopes(),
                    other.principal(),
                    other.expiresAt(),
                    other.objectUid())))
        .isFalse();
  }

  @Test
  @DisplayName("the self-test passes as the walled role, and fails without the wall")
  void selfTest() throws SQLException {
    UUID id = tenant("uid-8");
    tenant("uid-9");

    assertThat(new IsolationSelfTest(probe).failure(id)).isEmpty();
    assertThat(new IsolationSelfTest(probe).failure(UUID.randomUUID())).isPresent();
    try (Connection superuser = database.superuser();
        Statement statement = superuser.createStatement()) {
      statement.execute("alter table hermes.isolation_canary disable row level security");
      try {
        assertThat(new IsolationSelfTest(probe).failure(id))
            .hasValueSatisfying(text -> assertThat(text).contains("without a tenant context"));
      } finally {
        statement.execute("alter table hermes.isolation_canary enable row level security");
      }
    }
  }

  @Test
  @DisplayName("the self-test leaves neither a row nor a context behind")
  void selfTestIsClean() throws SQLException {
    UUID id = tenant("uid-10");
    new IsolationSelfTest(probe).failure(id);

    assertThat(
            sql(
                "select count(*) from hermes.isolation_canary c where not exists"
                    + " (select from hermes.tenants t where t.tenant_id = c.tenant_id)"))
        .isEqualTo("0");
    try (Connection connection = probe.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("select current_setting('app.current_tenant', true)")) {
      row.next();
      assertThat(row.getString(1)).isNullOrEmpty();
    }
  }

  @Test
  @DisplayName("leases that are over are listed, and closed with their pod")
  void leases() throws SQLException {
    UUID id = tenant("uid-11");
    Leases leases = new Leases(new Fenced(provisioner, () -> 0, () -> {}));
    try (Connection superuser = database.superuser();
        Statement statement = superuser.createStatement()) {
      for (String pod : List.of("gone", "held")) {
        statement.execute(
            """
            insert into hermes.sandbox_leases
              (tenant_id, lease_id, user_id, policy, namespace, pod_name, pod_uid, state,
               created_at, renewed_at, idle_until, expires_at)
            values ('%s', gen_random_uuid(), 'u', 'default', 'ns-11', '%s', '%s', 'active',
               now(), now(), now() + interval '%s', now() + interval '1 hour')
            """
                .formatted(id, pod, pod, pod.equals("gone") ? "-1 second" : "1 hour"));
      }
    }

    assertThat(leases.live("ns-11")).contains("held");
    assertThat(leases.over()).containsExactly(new EndedLease("gone", "ns-11", "gone"));
    leases.close("gone");
    assertThat(leases.over()).isEmpty();
    assertThat(leases.live("ns-11")).containsExactly("held");
  }

  @Test
  @DisplayName("REL: an old leader's write is refused and ends it; the newer one goes on")
  void fence() {
    TestDatabase own = TestDatabase.create();
    AtomicInteger ended = new AtomicInteger();
    try (HikariDataSource pool =
        Pools.autoCommit(
            own.url(),
            "hermes_provisioner",
            own.passwordDir().resolve("provisioner"),
            1,
            "fence")) {
      TenantRows newer = new TenantRows(new Fenced(pool, () -> 8, ended::incrementAndGet));
      TenantRows older = new TenantRows(new Fenced(pool, () -> 7, ended::incrementAndGet));

      newer.upsert(row("uid-f", UuidV7.next(), "f", false));
      assertThatThrownBy(() -> older.upsert(row("uid-g", UuidV7.next(), "g", false)))
          .hasStackTraceContaining("leader");
      assertThat(ended).hasValue(1);
      assertThatThrownBy(() -> new Leases(new Fenced(pool, () -> 7, ended::incrementAndGet)).over())
          .hasStackTraceContaining("leader");
      assertThat(newer.find("uid-g")).isEmpty();
    } finally {
      own.close();
    }
  }

  @Test
  @DisplayName("start checks pass on a migrated database and name its version")
  void startChecks() throws Exception {
    assertThat(new StartChecks(provisioner, probe).await()).isPositive();
    assertThat(new StartChecks(provisioner, probe).violations()).isEmpty();
  }
}

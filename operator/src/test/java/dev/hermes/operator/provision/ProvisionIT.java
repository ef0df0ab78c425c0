package dev.hermes.operator.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.crds.effective.EffectiveDatabase;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.tenant.Tenant;
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
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
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
  private static Adoptions adoptions;

  @BeforeAll
  static void start() {
    database = TestDatabase.create();
    provisioner = pool("provisioner");
    probe = pool("probe");
    Fenced fenced = new Fenced(provisioner, () -> 0, () -> {});
    tenants = new TenantRows(fenced, "cluster-a");
    keys = new KeyRows(fenced);
    adoptions = new Adoptions(fenced, "cluster-b");
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
            EffectiveDatabase.shared(),
            spec.models(),
            spec.tools().allow(),
            60,
            10,
            List.of(),
            List.of()));
  }

  private static UUID tenant(String uid) {
    return tenants.upsert(row(uid, UuidV7.next(), uid, false));
  }

  private static DeletedTenant deleted(UUID id, String uid) {
    return new DeletedTenant(
        id,
        uid,
        uid,
        new TenantSpec.Deletion(TenantSpec.DeletionPolicy.DELETE, 7, false),
        List.of(new TenantSpec.LegalHold("case-17", "a case", "2026-01-02")),
        Map.of("why", "test"));
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
        Duration.ofDays(1),
        Duration.ofHours(1),
        Optional.empty(),
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
    keys.makeCurrent(key(id, "kidkidkid004", "key-4", List.of("user")));

    for (int i = 0; i < 2; i++) {
      tenants.delete(deleted(id, "uid-4"));
    }

    assertThat(sql("select state from hermes.tenants where cr_uid = 'uid-4'")).isEqualTo("deleted");
    assertThat(sql("select count(*) from hermes.tenant_deletions where cr_uid = 'uid-4'"))
        .isEqualTo("1");
    assertThat(keys.find("key-4").getFirst().revokedAt()).isPresent();
    assertThat(
            sql(
                """
                select policy || ' ' || (not_before - created_at) || ' ' || (legal_hold -> 0 ->> 'id')
                  from hermes.tenant_deletions where cr_uid = 'uid-4'\
                """))
        .isEqualTo("Delete 7 days case-17");
  }

  @Test
  @DisplayName("K8S-8 a deleted tenant is restored to another object, once")
  void adoption() {
    UUID id = tenant("uid-a1");
    tenants.delete(deleted(id, "uid-a1"));
    Holder former = adoptions.holder(id).orElseThrow();
    assertThat(former.deleted()).isTrue();
    assertThat(former.cluster()).contains("cluster-a");

    assertThat(adoptions.adopt(id, former, object("uid-a2"))).isTrue();
    assertThat(adoptions.adopt(id, former, object("uid-a3"))).as("it moved on").isFalse();

    assertThat(tenants.find("uid-a2")).contains(id);
    assertThat(tenants.find("uid-a1")).isEmpty();
    assertThat(adoptions.holder(id).orElseThrow().deleted()).isFalse();
    assertThat(adoptions.holder(UuidV7.next())).isEmpty();
  }

  @Test
  @DisplayName("K8S-8 a purge that the database refuses is told from one that failed")
  void purge() {
    Purges purges = new Purges(new Fenced(provisioner, () -> 0, () -> {}));
    UUID id = tenant("uid-p1");

    assertThat(purges.purge(id, 10)).isEqualTo(Purges.Progress.REFUSED);
    assertThat(purges.due()).isEmpty();
    assertThat(purges.breaker().allowed()).isEqualTo(3);
    assertThat(purges.acknowledge(Instant.now().minus(1, ChronoUnit.DAYS))).isTrue();
    assertThat(purges.acknowledge(Instant.now().minus(2, ChronoUnit.DAYS))).isFalse();
  }

  private static Tenant object(String uid) {
    Tenant tenant = Fixtures.tenant("acme", TenantSpec.defaults(), null);
    tenant.getMetadata().setUid(uid);
    return tenant;
  }

  @Test
  @DisplayName("a key is stored once and its rights follow")
  void issue() {
    UUID id = tenant("uid-5");

    assertThat(keys.makeCurrent(key(id, "kidkidkid005", "key-5", List.of("user"))))
        .isEqualTo(Storing.CURRENT);
    assertThat(keys.makeCurrent(key(id, "kidkidkid005", "key-5", List.of("owner"))))
        .isEqualTo(Storing.CURRENT);

    assertThat(keys.find("key-5")).hasSize(1);
    assertThat(sql("select roles from authn.key_digests where kid = 'kidkidkid005'"))
        .isEqualTo("{owner}");
    keys.revoke("kidkidkid005");
    assertThat(keys.find("key-5").getFirst().revokedAt()).isPresent();
  }

  @Test
  @DisplayName("what is asked and told of a key comes back as it was written")
  void roundTrip() {
    UUID id = tenant("uid-12");
    Instant request = Instant.parse("2026-02-03T04:05:06.123456Z");
    NewKey plain = key(id, "kidkidkid012", "key-12", List.of("user"));
    keys.makeCurrent(plain);
    keys.makeCurrent(
        new NewKey(
            id,
            "kidkidkid013",
            new Digest(1, new byte[32]),
            "hx_live_kidkidkid013",
            plain.roles(),
            plain.scopes(),
            plain.principal(),
            plain.life(),
            plain.overlap(),
            Optional.of(request),
            "key-12"));
    keys.noticed("kidkidkid013", request);
    keys.block("key-12");

    List<KeyRow> rows = keys.find("key-12");
    KeyRow current = rows.getFirst();
    assertThat(current.keyId()).isEqualTo("kidkidkid013");
    assertThat(current.isCurrent()).isTrue();
    assertThat(current.rotationRequest()).contains(request);
    assertThat(current.noticedFor()).contains(request);
    assertThat(current.blockedAt()).isPresent();
    assertThat(current.expiresAt()).contains(current.createdAt().plus(Duration.ofDays(1)));
    assertThat(rows.get(1).isCurrent()).isFalse();
    assertThat(rows.get(1).expiresAt())
        .contains(rows.get(1).supersededAt().orElseThrow().plus(Duration.ofHours(1)));
  }

  @Test
  @DisplayName("a key id that another key has is refused")
  void taken() {
    UUID id = tenant("uid-6");
    keys.makeCurrent(key(id, "kidkidkid006", "key-6", List.of("user")));
    NewKey other = key(id, "kidkidkid006", "key-7", List.of("user"));
    byte[] digest = new byte[32];
    digest[0] = 1;

    assertThat(
            keys.makeCurrent(
                new NewKey(
                    other.tenantId(),
                    other.keyId(),
                    new Digest(1, digest),
                    other.prefix(),
                    other.roles(),
                    other.scopes(),
                    other.principal(),
                    other.life(),
                    other.overlap(),
                    other.rotationRequest(),
                    other.objectUid())))
        .isEqualTo(Storing.TAKEN);
  }

  @Test
  @DisplayName("the self-test passes as the walled role, and fails without the wall")
  void selfTest() throws SQLException {
    UUID id = tenant("uid-8");
    tenant("uid-9");

    assertThat(new IsolationSelfTest(probe).failure(id, "hermes")).isEmpty();
    assertThat(new IsolationSelfTest(probe).failure(UUID.randomUUID(), "hermes")).isPresent();
    try (Connection superuser = database.superuser();
        Statement statement = superuser.createStatement()) {
      statement.execute("alter table hermes.isolation_canary disable row level security");
      try {
        assertThat(new IsolationSelfTest(probe).failure(id, "hermes"))
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
    new IsolationSelfTest(probe).failure(id, "hermes");

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
      TenantRows newer =
          new TenantRows(new Fenced(pool, () -> 8, ended::incrementAndGet), "cluster-a");
      TenantRows older =
          new TenantRows(new Fenced(pool, () -> 7, ended::incrementAndGet), "cluster-a");

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
  @DisplayName(
      "K8S-10 a leader paused in a transaction holds up the next for seconds, and cannot end it")
  void pausedInTransaction() throws SQLException {
    TestDatabase own = TestDatabase.create();
    try (Connection paused = own.connect("provisioner");
        Statement statement = paused.createStatement();
        HikariDataSource pool =
            Pools.autoCommit(
                own.url(),
                "hermes_provisioner",
                own.passwordDir().resolve("provisioner"),
                1,
                "next")) {
      paused.setAutoCommit(false);
      statement.execute("select provision.fence(7)");
      TenantRows next = new TenantRows(new Fenced(pool, () -> 8, () -> {}), "cluster-a");

      Awaitility.await("the next leader writes")
          .atMost(Duration.ofSeconds(15))
          .ignoreExceptions()
          .until(() -> next.upsert(row("uid-p", UuidV7.next(), "p", false)) != null);

      assertThatThrownBy(() -> statement.execute("select 1")).isInstanceOf(SQLException.class);
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

package dev.hermes.operator.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hermes.crds.Reason;
import dev.hermes.crds.effective.EffectiveDatabase;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.access.DirectSource;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.database.dedicated.TenantDatabaseSecret;
import dev.hermes.database.id.UuidV7;
import dev.hermes.database.testing.TestDatabase;
import dev.hermes.operator.testing.Fixtures;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DedicatedDatabaseIT {
  private static TestDatabase own;

  @BeforeAll
  static void start() {
    own = TestDatabase.create();
  }

  @AfterAll
  static void stop() {
    own.close();
  }

  private static DedicatedDatabase at(String url, String provisioner, long epoch) {
    return new DedicatedDatabase(
        new TenantDatabaseSecret(url, "test-app", provisioner, "test-probe"),
        () -> epoch,
        "cluster-a");
  }

  private static DedicatedDatabase reached() {
    return at(own.url(), "test-provisioner", 0);
  }

  private static DedicatedUnavailable refusal(Runnable work) {
    DedicatedUnavailable refusal = catchThrowableOfType(DedicatedUnavailable.class, work::run);
    assertThat(refusal).as("refused").isNotNull();
    assertThat(refusal.getMessage()).doesNotContain("test-", "not-the");
    return refusal;
  }

  private static void execute(String sql) {
    try (Connection connection = own.superuser();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static TenantRow row(String uid, UUID id) {
    TenantSpec spec = TenantSpec.defaults();
    return new TenantRow(
        uid,
        id,
        new EffectiveTenant(
            id.toString(),
            uid,
            uid,
            false,
            1,
            null,
            new EffectiveDatabase(TenantSpec.Isolation.DEDICATED, null, "acme-db"),
            spec.models(),
            spec.tools().allow(),
            60,
            10,
            List.of(),
            List.of()));
  }

  @Test
  @DisplayName("a database as it must be passes every check")
  void sound() {
    DedicatedDatabase database = reached();
    assertThat(database.checks().schemaVersion()).isEqualTo(SchemaVersion.REQUIRED);
    database.checks().verifyServer();
    database.checks().verifyWalls();
    UUID id = UuidV7.next();
    database.upsert(row("uid-sound", id));
    assertThat(database.checks().selfTest(id)).isEmpty();
    assertThat(database.checks().identity()).isNotEqualTo(otherIdentity());
  }

  private static DatabaseIdentity otherIdentity() {
    try (TestDatabase other = TestDatabase.create()) {
      assertThat(at(other.url(), "test-provisioner", 0).checks().identity())
          .isEqualTo(
              DatabaseIdentity.of(
                  new DirectSource(other.url(), "hermes_app", "test-app", "the same one")));
      return at(other.url(), "test-provisioner", 0).checks().identity();
    }
  }

  @Test
  void wrongPassword() {
    assertThat(refusal(() -> at(own.url(), "not-the-one", 0).checks().schemaVersion()).reason())
        .isEqualTo(Reason.DatabaseLoginRefused);
  }

  @Test
  @DisplayName("a server that is away costs a few seconds and says so")
  void away() {
    long begun = System.nanoTime();
    assertThat(
            refusal(() ->
                    at("jdbc:postgresql://127.0.0.1:1/x", "test-provisioner", 0)
                        .checks()
                        .schemaVersion())
                .reason())
        .isEqualTo(Reason.DatabaseUnreachable);
    // an address that swallows packets
    assertThat(
            refusal(() ->
                    at("jdbc:postgresql://192.0.2.1:5432/x", "test-provisioner", 0)
                        .checks()
                        .schemaVersion())
                .reason())
        .isEqualTo(Reason.DatabaseUnreachable);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(9));
  }

  @Test
  void notPrepared() {
    assertThat(
            refusal(() ->
                    at(own.url().replace(own.name(), "nowhere"), "test-provisioner", 0)
                        .checks()
                        .schemaVersion())
                .reason())
        .isEqualTo(Reason.DatabaseNotPrepared);
    try (TestDatabase empty = TestDatabase.empty()) {
      DedicatedUnavailable refusal =
          refusal(() -> at(empty.url(), "test-provisioner", 0).checks().schemaVersion());
      assertThat(refusal.reason()).isIn(Reason.DatabaseNotPrepared);
      assertThat(refusal.getMessage()).contains("bootstrap.sql");
    }
  }

  @Test
  @DisplayName("a role that is too strong and a wall that has fallen have reasons of their own")
  void fallen() {
    execute("alter role hermes_probe bypassrls");
    try {
      assertThat(refusal(() -> reached().checks().verifyServer()).reason())
          .isEqualTo(Reason.DatabaseRoleTooStrong);
    } finally {
      execute("alter role hermes_probe nobypassrls");
    }
    execute("alter table hermes.messages no force row level security");
    try {
      DedicatedUnavailable refusal = refusal(() -> reached().checks().verifyWalls());
      assertThat(refusal.reason()).isEqualTo(Reason.DatabaseWallMissing);
      assertThat(refusal.getMessage()).contains("hermes.messages");
    } finally {
      execute("alter table hermes.messages force row level security");
    }
    reached().checks().verifyWalls();
  }

  @Test
  @DisplayName("its owner cannot end the operator with a leader's epoch from the future")
  void fence() {
    execute("update provision.leader set epoch = 9000000000000000");
    try {
      DedicatedUnavailable refusal =
          refusal(
              () -> at(own.url(), "test-provisioner", 5).upsert(row("uid-fence", UuidV7.next())));
      assertThat(refusal.reason()).isEqualTo(Reason.DatabaseTaken);
    } finally {
      execute("update provision.leader set epoch = 0");
    }
  }

  @Test
  @DisplayName("adopted here as in the platform's database; another tenant is noticed")
  void adopted() {
    UUID id = UuidV7.next();
    reached().upsert(row("uid-former", id));
    assertThat(reached().others(UuidV7.next())).isPositive();
    Holder former = reached().holder(id).orElseThrow();
    Tenant heir = Fixtures.tenant("heir", TenantSpec.defaults(), null);
    reached().adopt(id, former, heir);
    assertThat(reached().holder(id).orElseThrow().objectUid())
        .isEqualTo(heir.getMetadata().getUid());
    assertThat(
            refusal(() ->
                    reached()
                        .adopt(id, former, Fixtures.tenant("late", TenantSpec.defaults(), null)))
                .reason())
        .isEqualTo(Reason.AdoptPurged);
  }

  @Test
  @DisplayName("a purge here: only after a deletion, to the end, and known as done afterwards")
  void purged() {
    UUID id = UuidV7.next();
    reached().upsert(row("uid-purged", id));
    execute(
        "insert into hermes.sessions (tenant_id, session_id, user_id) values ('"
            + id
            + "', 's', 'u')");
    assertThat(reached().purge(id, 100)).isEqualTo(Purges.Progress.REFUSED);
    reached()
        .delete(
            new DeletedTenant(
                id,
                "uid-purged",
                "purged",
                new TenantSpec.Deletion(TenantSpec.DeletionPolicy.DELETE, 0, false),
                List.of(),
                Map.of()));
    assertThat(reached().purge(id, 100)).as("not for an hour").isEqualTo(Purges.Progress.REFUSED);
    execute("update hermes.tenant_deletions set not_before = now() where tenant_id = '" + id + "'");
    assertThat(reached().isPurged(id)).isFalse();
    assertThat(reached().purge(id, 100)).isEqualTo(Purges.Progress.FINISHED);
    assertThat(reached().isPurged(id)).isTrue();
  }
}

package dev.hermes.database.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.hermes.database.functions.Caller.SqlFailed;
import dev.hermes.database.id.UuidV7;
import dev.hermes.database.testing.TestDatabase;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ProvisionIT {
  private static final String DELETE =
      "select provision.delete_tenant(?, ?, 'acme', 'Retain', now(), '{\"by\": \"x\"}'::jsonb, ?)";
  private TestDatabase database;
  private Caller provisioner;
  private Caller app;
  private Caller probe;
  private Caller authn;
  private Caller backup;

  @BeforeEach
  void start() {
    database = TestDatabase.create();
    provisioner = new Caller(database, "provisioner");
    app = new Caller(database, "app");
    probe = new Caller(database, "probe");
    authn = new Caller(database, "authn");
    backup = new Caller(database, "backup");
  }

  @AfterEach
  void stop() {
    database.close();
  }

  @Test
  @DisplayName("TEN-13 the id of the first call stays; nothing is written when nothing differs")
  void upsert() {
    UUID tenant = Tenants.make(provisioner, "cr-1");
    Object version = backup.value("select xmin::text || updated_at from hermes.tenants");

    assertThat(Tenants.make(provisioner, "cr-1")).isEqualTo(tenant);
    assertThat(backup.value("select xmin::text || updated_at from hermes.tenants"))
        .isEqualTo(version);
    assertThat(provisioner.value("select provision.find_tenant('cr-1')")).isEqualTo(tenant);
    assertThat(provisioner.value("select provision.find_tenant('cr-2')")).isNull();

    Tenants.upsert(provisioner, "cr-1", "suspended", 2, 0);
    assertThat(app.inTenant(tenant, "select state, generation from hermes.tenants"))
        .singleElement()
        .satisfies(row -> assertThat(row).containsEntry("state", "suspended"));
    assertThat(app.rows("select * from hermes.tenants")).isEmpty();
  }

  @Test
  @DisplayName("TEN-13 the self-test's canary: none without context, its own within, none foreign")
  void canary() {
    UUID tenant = Tenants.make(provisioner, "cr-1");
    UUID other = Tenants.make(provisioner, "cr-2");
    assertThat(probe.rows("select * from hermes.isolation_canary")).isEmpty();
    assertThat(probe.inTenant(tenant, "select tenant_id from hermes.isolation_canary"))
        .singleElement()
        .satisfies(row -> assertThat(row).containsEntry("tenant_id", tenant));
    assertThatThrownBy(() ->
            probe.inTenant(
                tenant,
                "insert into hermes.isolation_canary (tenant_id) values (?)",
                UuidV7.next()))
        .asInstanceOf(type(SqlFailed.class))
        .extracting(SqlFailed::state)
        .isEqualTo("42501");
    assertThat(other).isNotEqualTo(tenant);
  }

  @Test
  @DisplayName("an id is never given to a second Tenant object")
  void foreignId() {
    UUID tenant = Tenants.make(provisioner, "cr-1");
    assertThatThrownBy(() ->
            provisioner.value(
                Tenants.UPSERT, "cr-2", tenant, "b", "B", "ns", "active", 1L, "{}", 0L))
        .asInstanceOf(type(SqlFailed.class))
        .extracting(SqlFailed::state)
        .isEqualTo("HX003");
  }

  @Test
  @DisplayName("deletion is written once, revokes the keys and is final")
  void delete() {
    UUID tenant = Tenants.make(provisioner, "cr-1");
    Keys.issue(provisioner, tenant, "kid000000001", 1);

    provisioner.value(DELETE, tenant, "cr-1", 0L);
    Object first = backup.value("select created_at from hermes.tenant_deletions");
    provisioner.value(DELETE, tenant, "cr-1", 0L);

    assertThat(backup.value("select created_at from hermes.tenant_deletions")).isEqualTo(first);
    assertThat(Tenants.make(provisioner, "cr-1")).isEqualTo(tenant);
    assertThat(authn.rows("select * from authn.lookup('kid000000001')"))
        .singleElement()
        .satisfies(row ->
            assertThat(row)
                .containsEntry("tenant_state", "deleted")
                .extractingByKey("revoked_at")
                .isNotNull());
    assertThatThrownBy(() -> Keys.issue(provisioner, tenant, "kid000000002", 1))
        .asInstanceOf(type(SqlFailed.class))
        .extracting(SqlFailed::state)
        .isEqualTo("HX002");
  }

  @Test
  @DisplayName("a deletion that names another object's tenant deletes nothing")
  void deleteForeign() {
    UUID tenant = Tenants.make(provisioner, "cr-1");
    assertThatThrownBy(() -> provisioner.value(DELETE, tenant, "cr-2", 0L))
        .asInstanceOf(type(SqlFailed.class))
        .extracting(SqlFailed::state)
        .isEqualTo("HX003");
    assertThat(backup.value("select state from hermes.tenants")).isEqualTo("active");
  }

  @Test
  @DisplayName("an older leader is refused everywhere, and nothing it asked for happened")
  void fence() {
    UUID tenant = Tenants.upsert(provisioner, "cr-1", "active", 1, 7);
    Keys.issue(provisioner, tenant, "kid000000001", 1);
    provisioner.value("select provision.fence(9)");

    for (String call :
        new String[] {
          "select provision.fence(8)",
          "select authn.revoke('kid000000001', 8)",
          "select authn.revoke_tenant('" + tenant + "', 8)",
          "select provision.upsert_tenant('cr-1', '"
              + tenant
              + "', 'a', 'b', 'c', 'suspended', 2, '{}', 8)",
          "select provision.delete_tenant('" + tenant + "', 'cr-1', 'a', 'Retain', now(), '{}', 8)",
          "select authn.issue('"
              + tenant
              + "', 'kid000000002', '\\x00', 1, 'p', '{}', '{}', 'u', null, 'rest', null, 8)"
        }) {
      assertThatThrownBy(() -> provisioner.value(call))
          .as(call)
          .asInstanceOf(type(SqlFailed.class))
          .extracting(SqlFailed::state)
          .isEqualTo("HX001");
    }
    assertThat(backup.value("select state from hermes.tenants")).isEqualTo("active");
    assertThat(backup.value("select count(*) from authn.key_digests where revoked_at is null"))
        .isEqualTo(1L);
    provisioner.value("select provision.fence(9)");
    provisioner.value("select provision.fence(0)");
  }

  @Test
  @DisplayName("partitions are made once; the operator may ask again")
  void partitions() {
    assertThat(provisioner.value("select hermes.ensure_partitions()")).isEqualTo(0);
  }
}

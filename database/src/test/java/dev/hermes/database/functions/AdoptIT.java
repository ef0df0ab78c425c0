package dev.hermes.database.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.hermes.database.functions.Caller.SqlFailed;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A tenant's data changes hands only from the object the caller has made sure is gone. */
class AdoptIT {
  private static final String ADOPT =
      "select provision.adopt_tenant(?, ?, ?, 'acme', 'cluster-b', 0)";
  private static final String DELETE =
      "select provision.delete_tenant(?, ?, 'acme', 'Delete', 0, '[]'::jsonb, '{}'::jsonb, 0)";

  private TestDatabase database;
  private Caller provisioner;
  private Caller app;
  private Caller backup;

  @BeforeEach
  void start() {
    database = TestDatabase.create();
    provisioner = new Caller(database, "provisioner");
    app = new Caller(database, "app");
    backup = new Caller(database, "backup");
  }

  @AfterEach
  void stop() {
    database.close();
  }

  private UUID filled(String crUid) {
    UUID tenant = Tenants.make(provisioner, crUid);
    Keys.issue(provisioner, tenant, "kid000000001", 1);
    app.inTenant(
        tenant,
        "insert into hermes.sessions (tenant_id, session_id, user_id) values (?, 's', 'u')",
        tenant);
    return tenant;
  }

  private void refused(UUID tenant, String former, String crUid) {
    assertThatThrownBy(() -> provisioner.rows(ADOPT, tenant, former, crUid))
        .asInstanceOf(type(SqlFailed.class))
        .extracting(SqlFailed::state)
        .isEqualTo("HX006");
  }

  @Test
  @DisplayName(
      "K8S-8 restore: the data is back under the new object, the deletion is closed, keys stay revoked")
  void restore() {
    UUID tenant = filled("cr-1");
    provisioner.rows(DELETE, tenant, "cr-1");

    provisioner.rows(ADOPT, tenant, "cr-1", "cr-2");

    assertThat(provisioner.value("select provision.find_tenant('cr-2')")).isEqualTo(tenant);
    assertThat(provisioner.value("select provision.find_tenant('cr-1')")).isNull();
    assertThat(backup.value("select state from hermes.tenants"))
        .as("until the new object's own is written")
        .isEqualTo("suspended");
    assertThat(app.inTenant(tenant, "select session_id from hermes.sessions")).hasSize(1);
    assertThat(backup.rows("select cr_uid, restored_by from hermes.tenant_deletions"))
        .singleElement()
        .satisfies(row ->
            assertThat(row).containsEntry("cr_uid", "cr-1").containsEntry("restored_by", "cr-2"));
    assertThat(backup.value("select count(*) from authn.key_digests where revoked_at is null"))
        .isEqualTo(0L);
    assertThat(provisioner.rows("select * from provision.due_purges()")).isEmpty();
    provisioner.rows(ADOPT, tenant, "cr-1", "cr-2");
  }

  @Test
  @DisplayName(
      "K8S-8 a restored tenant may be deleted and restored again; each deletion leaves its record")
  void again() {
    UUID tenant = filled("cr-1");
    provisioner.rows(DELETE, tenant, "cr-1");
    provisioner.rows(ADOPT, tenant, "cr-1", "cr-2");
    provisioner.rows(DELETE, tenant, "cr-2");
    provisioner.rows(ADOPT, tenant, "cr-2", "cr-3");

    assertThat(
            backup.value(
                "select count(*) from hermes.tenant_deletions where restored_at is not null"))
        .isEqualTo(2L);
    assertThatThrownBy(() -> provisioner.rows(DELETE, tenant, "cr-1"))
        .as("an old object that is looked at late")
        .asInstanceOf(type(SqlFailed.class))
        .extracting(SqlFailed::state)
        .isEqualTo("HX003");
  }

  @Test
  @DisplayName("K8S-8 of two that adopt the same data one gets it")
  void race() {
    UUID tenant = filled("cr-1");
    provisioner.rows(DELETE, tenant, "cr-1");
    provisioner.rows(ADOPT, tenant, "cr-1", "cr-2");
    refused(tenant, "cr-1", "cr-3");
    assertThat(provisioner.value("select provision.find_tenant('cr-3')")).isNull();
  }

  @Test
  @DisplayName("K8S-8 what is unknown, purged or of an object with data of its own is not adopted")
  void refusals() throws Exception {
    refused(UUID.randomUUID(), "cr-1", "cr-2");
    UUID tenant = filled("cr-1");
    refused(tenant, "another", "cr-2");
    UUID other = Tenants.make(provisioner, "cr-2");
    refused(tenant, "cr-1", "cr-2");
    assertThat(provisioner.value("select provision.find_tenant('cr-2')")).isEqualTo(other);

    provisioner.rows(DELETE, tenant, "cr-1");
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement()) {
      statement.execute("update hermes.tenant_deletions set not_before = now()");
    }
    provisioner.rows("select provision.purge_tenant(?, 1, 0)", tenant);
    refused(tenant, "cr-1", "cr-3");
    assertThat(provisioner.value("select purged from provision.holder(?)", tenant)).isEqualTo(true);
  }

  @Test
  @DisplayName("K8S-8 a second Tenant of the same name never sees old data")
  void sameName() {
    UUID first = filled("cr-1");
    provisioner.rows(DELETE, first, "cr-1");
    UUID second = Tenants.make(provisioner, "cr-2");

    assertThat(second).isNotEqualTo(first);
    assertThat(app.inTenant(second, "select * from hermes.sessions")).isEmpty();
    assertThat(app.inTenant(first, "select * from hermes.sessions")).as("control").hasSize(1);
  }

  @Test
  @DisplayName("the cluster is remembered, and an operator of the last release may still write")
  void cluster() {
    UUID tenant = Tenants.make(provisioner, "cr-1");
    assertThat(provisioner.value("select cluster_uid from provision.holder(?)", tenant)).isNull();
    String upsert =
        "select provision.upsert_tenant(?, ?, 'acme', 'Acme', null, 'active', 1, '{}', ?, 0)";
    provisioner.rows(upsert, "cr-1", tenant, "cluster-a");
    assertThat(provisioner.value("select cluster_uid from provision.holder(?)", tenant))
        .isEqualTo("cluster-a");
    Object version = backup.value("select xmin::text from hermes.tenants");
    provisioner.rows(upsert, "cr-1", tenant, "cluster-a");
    assertThat(backup.value("select xmin::text from hermes.tenants")).isEqualTo(version);
    provisioner.rows(
        "select provision.delete_tenant(?, 'cr-1', 'acme', 'Retain', now(), '{}'::jsonb, 0)",
        tenant);
    assertThat(backup.value("select policy from hermes.tenant_deletions")).isEqualTo("Retain");
  }
}

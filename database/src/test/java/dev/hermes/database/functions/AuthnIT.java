package dev.hermes.database.functions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

class AuthnIT {
  private static final String KID = "kid000000001";
  private TestDatabase database;
  private Caller provisioner;
  private Caller authn;
  private UUID tenant;

  @BeforeEach
  void start() {
    database = TestDatabase.create();
    provisioner = new Caller(database, "provisioner");
    authn = new Caller(database, "authn");
    tenant = Tenants.make(provisioner, "cr-1");
  }

  @AfterEach
  void stop() {
    database.close();
  }

  private long epoch() {
    return (long) authn.value("select authn.epoch()");
  }

  @Test
  @DisplayName("a look-up brings all a credential is judged by, and nothing for an unknown kid")
  void lookup() {
    Keys.issue(provisioner, tenant, KID, 1);
    assertThat(authn.rows("select * from authn.lookup(?)", KID))
        .singleElement()
        .satisfies(row ->
            assertThat(row)
                .containsEntry("tenant_id", tenant)
                .containsEntry("digest", Keys.bytes(1))
                .containsEntry("pepper_version", 1)
                .containsEntry("principal", "key:u")
                .containsEntry("tenant_state", "active")
                .containsEntry("namespace", "hermes-acme")
                .containsEntry("revoked_at", null));
    assertThat(authn.rows("select * from authn.lookup('000000000000')")).isEmpty();
  }

  @Test
  @DisplayName("issuing again is harmless; another digest or tenant under the same kid is not")
  void issueIdempotent() {
    UUID other = Tenants.make(provisioner, "cr-2");
    assertThat(Keys.issue(provisioner, tenant, KID, 1)).isTrue();
    assertThat(Keys.issue(provisioner, tenant, KID, 1)).isTrue();
    assertThat(Keys.issue(provisioner, tenant, KID, 2)).isFalse();
    assertThat(Keys.issue(provisioner, other, KID, 1)).isFalse();
    assertThat(authn.rows("select digest from authn.lookup(?)", KID))
        .singleElement()
        .satisfies(row -> assertThat(row).containsEntry("digest", Keys.bytes(1)));
    assertThat(provisioner.rows("select * from authn.find(?)", "cr-" + tenant))
        .singleElement()
        .satisfies(row -> assertThat(row).containsEntry("kid", KID));
  }

  @Test
  @DisplayName(
      "the epoch grows with each revocation, expiry, rights, suspension and return, only then")
  void epochGrows() {
    long start = epoch();
    Keys.issue(provisioner, tenant, KID, 1);
    Keys.issue(provisioner, tenant, KID, 1);
    Tenants.make(provisioner, "cr-1");
    assertThat(epoch()).as("nothing a cache holds has changed").isEqualTo(start);

    Keys.issue(provisioner, tenant, KID, 1, new String[] {"user"}, Timestamp.from(Instant.now()));
    assertThat(epoch()).as("expiry").isEqualTo(start + 1);
    Keys.issue(provisioner, tenant, KID, 1, new String[] {"admin"}, null);
    assertThat(epoch()).as("rights").isEqualTo(start + 2);
    Tenants.upsert(provisioner, "cr-1", "suspended", 2, 0);
    assertThat(epoch()).as("suspended").isEqualTo(start + 3);
    Tenants.upsert(provisioner, "cr-1", "active", 3, 0);
    assertThat(epoch()).as("active again").isEqualTo(start + 4);
    assertThat(provisioner.value("select authn.revoke(?, 0)", KID)).isEqualTo(true);
    assertThat(epoch()).as("revoked").isEqualTo(start + 5);
    assertThat(provisioner.value("select authn.revoke(?, 0)", KID)).isEqualTo(true);
    assertThat(provisioner.value("select authn.revoke('000000000000', 0)")).isEqualTo(false);
    assertThat(epoch()).as("revoked once").isEqualTo(start + 5);
    assertThat(Keys.issue(provisioner, tenant, KID, 1)).isTrue();
    assertThat(authn.rows("select revoked_at from authn.lookup(?)", KID).getFirst())
        .as("a revoked key stays revoked")
        .extractingByKey("revoked_at")
        .isNotNull();
  }

  @Test
  @DisplayName("revoking a tenant's keys counts those that were still good")
  void revokeTenant() {
    Keys.issue(provisioner, tenant, KID, 1);
    provisioner.value("select authn.revoke(?, 0)", KID);
    Keys.issue(provisioner, tenant, "kid000000002", 2);
    assertThat(provisioner.value("select authn.revoke_tenant(?, 0)", tenant)).isEqualTo(1);
    assertThat(provisioner.value("select authn.revoke_tenant(?, 0)", tenant)).isEqualTo(0);
  }

  @Test
  @DisplayName("last use only moves forward, and touching makes no cache look again")
  void touch() {
    Keys.issue(provisioner, tenant, KID, 1);
    long epoch = epoch();
    authn.rows(
        "select authn.touch(array[?, ?, 'unknown'], array['2026-01-02'::timestamptz, '2026-01-03', now()])",
        KID,
        KID);
    authn.rows("select authn.touch(array[?], array['2026-01-01'::timestamptz])", KID);
    assertThat(
            provisioner.value(
                "select last_used_at = '2026-01-03'::timestamptz from authn.find(?)",
                "cr-" + tenant))
        .isEqualTo(true);
    assertThat(epoch()).isEqualTo(epoch);
  }

  @Test
  @DisplayName(
      "R40 a revocation and a suspension are told to listeners, and not whose: anybody may listen")
  void notifies() throws Exception {
    Keys.issue(provisioner, tenant, KID, 1);
    try (Connection listener = database.connect("authn");
        Statement statement = listener.createStatement()) {
      statement.execute("listen hermes_authn");
      provisioner.value("select authn.revoke(?, 0)", KID);
      Tenants.upsert(provisioner, "cr-1", "suspended", 2, 0);
      List<String> heard = new ArrayList<>();
      while (heard.size() < 2) {
        PGNotification[] notifications =
            listener.unwrap(PGConnection.class).getNotifications(5_000);
        assertThat(notifications).isNotEmpty();
        for (PGNotification notification : notifications) {
          assertThat(notification.getName()).isEqualTo("hermes_authn");
          heard.add(notification.getParameter());
        }
      }
      assertThat(heard).containsExactly("*", "*");
    }
  }
}

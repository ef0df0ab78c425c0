package dev.hermes.database.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RotationIT {
  private static final String OLD = "kid000000001";
  private static final String NEW = "kid000000002";
  private static final String NEWEST = "kid000000003";
  private static final int DAY = 86_400;

  private TestDatabase database;
  private Caller provisioner;
  private Caller authn;
  private UUID tenant;

  @BeforeEach
  void create() {
    database = TestDatabase.create();
    provisioner = new Caller(database, "provisioner");
    authn = new Caller(database, "authn");
    tenant = Tenants.make(provisioner, "cr-1");
  }

  @AfterEach
  void drop() {
    database.close();
  }

  private Object current(String kid, int digest, int overlapSeconds, String uid) {
    return current(kid, digest, overlapSeconds, uid, tenant, "user");
  }

  private Object current(
      String kid, int digest, int overlapSeconds, String uid, UUID of, String role) {
    return provisioner.value(
        "select authn.make_current(?, ?, ?, 1, ?, ?, ?, 'key:u', ?, ?, null, ?, 0)",
        of,
        kid,
        Keys.bytes(digest),
        "hx_live_" + kid,
        new String[] {role},
        new String[] {"read"},
        90L * DAY,
        (long) overlapSeconds,
        uid);
  }

  private Map<String, Object> lookup(String kid) {
    return authn
        .rows(
            """
            select revoked_at is null and expires_at > now() as good,
                   extract(epoch from expires_at - now())::int as left, roles::text
              from authn.lookup(?)\
            """,
            kid)
        .getFirst();
  }

  private List<Object> kids() {
    return provisioner.rows("select kid from authn.keys_of('apikey')").stream()
        .map(row -> row.get("kid"))
        .toList();
  }

  private long epoch() {
    return (long) authn.value("select authn.epoch()");
  }

  @Test
  @DisplayName(
      "IAM-13 both keys work in the overlap, the old one with an end; repeating is harmless")
  void overlap() {
    assertThat(current(OLD, 1, DAY, "apikey")).isEqualTo("current");
    assertThat(current(NEW, 2, DAY, "apikey")).isEqualTo("current");
    long after = epoch();
    assertThat(current(NEW, 2, DAY, "apikey")).isEqualTo("current");

    assertThat(epoch()).as("a repetition changes nothing").isEqualTo(after);
    assertThat(kids()).containsExactly(NEW, OLD);
    assertThat(lookup(NEW)).containsEntry("good", true);
    assertThat((int) lookup(NEW).get("left")).isBetween(90 * DAY - 60, 90 * DAY);
    assertThat(lookup(OLD)).containsEntry("good", true);
    assertThat((int) lookup(OLD).get("left")).isBetween(DAY - 60, DAY);
  }

  @Test
  @DisplayName("IAM-13 without overlap the old key ends with the rotation, and caches hear of it")
  void atOnce() {
    current(OLD, 1, DAY, "apikey");
    long before = epoch();
    current(NEW, 2, 0, "apikey");

    assertThat(lookup(OLD)).containsEntry("good", false);
    assertThat(lookup(NEW)).containsEntry("good", true);
    assertThat(epoch()).isGreaterThan(before);
  }

  @Test
  @DisplayName("K8S-4 one current key and one overlapping at most; no key comes back")
  void neverThree() {
    current(OLD, 1, DAY, "apikey");
    current(NEW, 2, DAY, "apikey");
    current(NEWEST, 3, DAY, "apikey");

    assertThat(kids()).containsExactly(NEWEST, NEW, OLD);
    assertThat(lookup(OLD)).containsEntry("good", false);
    assertThat(lookup(NEW)).containsEntry("good", true);
    assertThat(current(OLD, 1, DAY, "apikey")).as("revoked").isEqualTo("over");
    assertThat(current(NEW, 2, DAY, "apikey")).as("replaced").isEqualTo("over");
    assertThat(kids()).containsExactly(NEWEST, NEW, OLD);
  }

  @Test
  @DisplayName("a rotation does not lengthen the life of a key that ends sooner")
  void neverLonger() throws SQLException {
    current(OLD, 1, DAY, "apikey");
    superuser("update authn.key_digests set expires_at = now() - interval '1 second'");
    current(NEW, 2, DAY, "apikey");

    assertThat(lookup(OLD)).containsEntry("good", false);
    assertThat(lookup(NEW)).containsEntry("good", true);
  }

  @Test
  @DisplayName("a key id of another object, tenant or digest is taken")
  void taken() {
    UUID other = Tenants.make(provisioner, "cr-2");
    current(OLD, 1, DAY, "apikey");

    assertThat(current(OLD, 1, DAY, "another")).isEqualTo("taken");
    assertThat(current(OLD, 2, DAY, "apikey")).isEqualTo("taken");
    assertThat(current(OLD, 1, DAY, "apikey", other, "user")).isEqualTo("taken");
    assertThat(lookup(OLD)).containsEntry("good", true);
  }

  @Test
  @DisplayName("IAM-12 rights follow for the overlapping key too")
  void rights() {
    current(OLD, 1, DAY, "apikey");
    current(NEW, 2, DAY, "apikey");
    current(NEW, 2, DAY, "apikey", tenant, "owner");

    assertThat(lookup(OLD)).containsEntry("roles", "{owner}");
    assertThat(lookup(NEW)).containsEntry("roles", "{owner}");
  }

  @Test
  @DisplayName("IAM-12 blocked keys are refused, the overlapping one too, until they are put back")
  void blocked() {
    current(OLD, 1, DAY, "apikey");
    current(NEW, 2, DAY, "apikey");
    long before = epoch();

    assertThat(provisioner.value("select authn.block('apikey', 0)")).isEqualTo(2);
    assertThat(provisioner.value("select authn.block('apikey', 0)")).isEqualTo(0);
    assertThat(lookup(OLD)).containsEntry("good", false);
    assertThat(lookup(NEW)).containsEntry("good", false);
    assertThat(epoch()).isGreaterThan(before);

    long blocked = epoch();
    assertThat(current(NEW, 2, DAY, "apikey")).isEqualTo("current");
    assertThat(lookup(OLD)).containsEntry("good", true);
    assertThat(lookup(NEW)).containsEntry("good", true);
    assertThat(epoch()).isGreaterThan(blocked);
  }

  @Test
  @DisplayName("a notice is remembered for its date")
  void noticed() {
    current(OLD, 1, DAY, "apikey");
    provisioner.value("select authn.noticed(?, '2026-01-02T00:00:00Z', 0)", OLD);

    assertThat(
            provisioner.value(
                "select noticed_for = '2026-01-02T00:00:00Z'::timestamptz from authn.keys_of('apikey')"))
        .isEqualTo(true);
  }

  @Test
  @DisplayName("K8S-4 the table itself refuses a second current key of one object")
  void refused() {
    current(OLD, 1, DAY, "apikey");
    current(NEW, 2, DAY, "apikey");

    assertThatThrownBy(() -> superuser("update authn.key_digests set superseded_at = null"))
        .hasMessageContaining("key_digests_current");
  }

  private void superuser(String sql) throws SQLException {
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}

package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Names;
import dev.hermes.crds.Role;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeySpec;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.database.key.ApiKeyFormat;
import dev.hermes.database.key.RawKey;
import dev.hermes.operator.apikey.AgeRecipientTest;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The process dies right after a named step and so does the one after it, at the next step; the
 * last one finishes. A single death at any write is what the fault rig is for.
 */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class HaltClusterIT {
  private static final int HALTED = 137;

  private static Cluster cluster;
  private static KubernetesClient kubernetes;

  @BeforeAll
  static void start() {
    cluster = Cluster.get();
    kubernetes = cluster.kubernetes();
  }

  /** What another test left must not be what the process halts at; no operator runs now. */
  @BeforeEach
  void nothingElse() {
    KeyFacts.forgetAll(kubernetes);
    kubernetes.resources(Tenant.class).list().getItems().forEach(cluster::lose);
  }

  private static void haltAt(String step) {
    try (OperatorProcess operator = cluster.haltingAt(step)) {
      assertThat(operator.awaitExit()).as(step).isEqualTo(HALTED);
    }
  }

  /**
   * One process after another dies, each a step later.
   *
   * @param alive what must hold after each death
   */
  private static void haltAtEach(Runnable alive, String... steps) {
    for (String step : steps) {
      haltAt(step);
      alive.run();
    }
  }

  private static String id(Tenant tenant) {
    return cluster.sql(
        "select tenant_id from hermes.tenants where cr_uid = ?", tenant.getMetadata().getUid());
  }

  private static String rows(Tenant tenant) {
    return cluster.sql(
        "select count(*) from hermes.tenants where cr_uid = ?",
        cluster.tenant(tenant).getMetadata().getUid());
  }

  @Test
  @DisplayName(
      "TEN/REL: a tenant's creation survives a death after each step: one row, one namespace")
  void creation() {
    String name = "h-creation";
    kubernetes.resource(Cluster.policy(name)).create();
    Tenant tenant = kubernetes.resource(Cluster.tenant(name, name)).create();
    haltAtEach(() -> {}, "TENANT_FINALIZER", "TENANT_ROW");
    String id = id(tenant);
    haltAtEach(
        () -> assertThat(id(tenant)).isEqualTo(id),
        "TENANT_NAMESPACE",
        "TENANT_POLICIES",
        "TENANT_POOL",
        "TENANT_SELFTEST",
        "TENANT_STATUS");

    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReason(tenant, ConditionType.NetworkIsolated, "CanaryUnreachable");
      Tenant live = cluster.tenant(tenant);

      assertThat(rows(tenant)).isEqualTo("1");
      assertThat(live.getStatus().tenantId()).isEqualTo(id);
      assertThat(
              kubernetes
                  .namespaces()
                  .withLabel(Names.OWNER_UID, live.getMetadata().getUid())
                  .list()
                  .getItems())
          .singleElement()
          .satisfies(namespace ->
              assertThat(namespace.getMetadata().getName())
                  .isEqualTo(live.getStatus().namespace()));
      assertThat(
              kubernetes
                  .network()
                  .networkPolicies()
                  .inNamespace(live.getStatus().namespace())
                  .list()
                  .getItems())
          .hasSize(2);
      kubernetes.resource(tenant).delete();
      Cluster.eventually("tenant gone", () -> cluster.tenant(tenant) == null);
    }
  }

  @Test
  @DisplayName(
      "TEN/REL: a tenant's deletion survives a death after each step: one record, no namespace, rows kept")
  void deletion() {
    String name = "h-deletion";
    kubernetes.resource(Cluster.policy(name)).create();
    Tenant tenant = kubernetes.resource(Cluster.tenant(name, name)).create();
    String uid = tenant.getMetadata().getUid();
    String namespace;
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReason(tenant, ConditionType.NetworkIsolated, "CanaryUnreachable");
      namespace = cluster.tenant(tenant).getStatus().namespace();
    }
    kubernetes.resource(tenant).delete();
    haltAtEach(
        () -> assertThat(cluster.tenant(tenant)).as("held by its finalizer").isNotNull(),
        "TENANT_SUSPENDED",
        "TENANT_KEYS_REVOKED",
        "TENANT_DRAINED",
        "TENANT_DELETION_ROW",
        "TENANT_NAMESPACE_DELETED");

    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Cluster.eventually("tenant gone", () -> cluster.tenant(tenant) == null);
      Cluster.eventually(
          "namespace gone", () -> kubernetes.namespaces().withName(namespace).get() == null);
    }
    assertThat(cluster.sql("select count(*) from hermes.tenant_deletions where cr_uid = ?", uid))
        .isEqualTo("1");
    assertThat(cluster.sql("select state from hermes.tenants where cr_uid = ?", uid))
        .isEqualTo("deleted");
  }

  @Test
  @DisplayName("K8S-8 an adoption survives a death after each step: the same id, no second tenant")
  void adoption() {
    String name = "h-adoption";
    String id;
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Tenant former = kubernetes.resource(Cluster.tenant(name)).create();
      cluster.awaitReady(former);
      id = cluster.tenant(former).getStatus().tenantId();
      cluster.delete(former);
    }
    Tenant adopter = kubernetes.resource(Cluster.adopting(name, id)).create();
    haltAtEach(() -> {}, "TENANT_ADOPTED", "TENANT_ROW");

    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReady(adopter);
      assertThat(cluster.tenant(adopter).getStatus().tenantId()).isEqualTo(id);
      assertThat(cluster.sql("select count(*) from hermes.tenants where name = ?", name))
          .isEqualTo("1");
      assertThat(
              cluster.sql(
                  "select count(*) from hermes.tenant_deletions where tenant_id = ?::uuid"
                      + " and restored_at is not null",
                  id))
          .isEqualTo("1");
    }
  }

  @Test
  @DisplayName("K8S-8 a purge survives a death between two batches: the next process finishes it")
  void purge() {
    String id;
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Tenant tenant = kubernetes.resource(Cluster.purged("halted-purge")).create();
      cluster.awaitReady(tenant);
      id = cluster.tenant(tenant).getStatus().tenantId();
      cluster.delete(tenant);
    }
    cluster.execute(
        """
        insert into hermes.sessions (tenant_id, session_id, user_id)
          select '%1$s', 's' || n, 'u' from generate_series(1, 12000) as n;
        update provision.deletions_acknowledged set until = now();
        update hermes.tenant_deletions set not_before = now() where tenant_id = '%1$s'\
        """
            .formatted(id));
    haltAt("PURGE_BATCH");
    assertThat(
            Integer.valueOf(
                cluster.sql("select count(*) from hermes.sessions where tenant_id = ?::uuid", id)))
        .isBetween(1, 11999);

    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Cluster.eventually(
          "purged",
          () ->
              cluster
                  .sql(
                      "select counts ->> 'hermes.sessions' from hermes.purge_records"
                          + " where tenant_id = ?::uuid and finished_at is not null",
                      id)
                  .equals("12000"));
    }
  }

  @Test
  @DisplayName(
      "KEY/REL: the issue of a key survives a death after each step: one Secret, one row, the same key")
  void issue() {
    String name = "h-issue";
    Tenant tenant = kubernetes.resource(Cluster.tenant(name)).create();
    ApiKey key;
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReady(tenant);
    }
    key = kubernetes.resource(Cluster.key(name, name, List.of(Role.USER))).create();
    haltAtEach(() -> {}, "KEY_FINALIZER", "KEY_SECRET");
    Secret before = secret(name);
    haltAtEach(() -> assertThat(secret(name)).isEqualTo(before), "KEY_ROW", "KEY_STATUS");

    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReady(key);
      Secret after = secret(name);

      assertThat(after).isEqualTo(before);
      assertThat(cluster.key(key).getStatus().keyId()).isEqualTo(keyId(after));
      assertThat(keyRows(key)).isEqualTo("1");
      kubernetes.resource(key).delete();
      Cluster.eventually("key gone", () -> cluster.key(key) == null);
    }
  }

  @Test
  @DisplayName(
      "K8S-4 the issue of an encrypted key survives a death after each step: one row, its ciphertext")
  void issueEncrypted() throws Exception {
    String name = "h-encrypted";
    Tenant tenant = kubernetes.resource(Cluster.tenant(name)).create();
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReady(tenant);
    }
    ApiKey key = kubernetes.resource(encrypted(name)).create();
    haltAtEach(() -> {}, "KEY_FINALIZER", "KEY_CIPHERTEXT", "KEY_ROW", "KEY_STATUS");

    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReady(key);
      KeyFacts.assertCurrent(cluster, key, KeyFacts.decrypted(cluster.key(key)));
      assertThat(keyRows(key)).isEqualTo("1");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "open, KEY_ROTATION_SECRET KEY_ROW KEY_STATUS",
    "closed, KEY_ROTATION_SECRET_DELETED KEY_SECRET"
  })
  @DisplayName(
      "K8S-4 a rotation survives a death after each step: the Secret's key is current, the old one overlaps")
  void rotation(String kind, String steps) {
    String name = "h-rotation-" + kind;
    ApiKey key = issued(Cluster.key(name, name, List.of(Role.USER)));
    String old = cluster.key(key).getStatus().keyId();
    if (kind.equals("closed")) {
      kubernetes
          .resource(secret(name))
          .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"immutable\":true}");
    }
    KeyFacts.requestRotation(kubernetes, key);
    haltAtEach(
        () -> assertThat(KeyFacts.good(cluster, key)).as("never without a key").contains(old),
        steps.split(" "));

    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      awaitRotated(key, old);
      KeyFacts.assertCurrent(cluster, key, KeyFacts.raw(secret(name)));
      assertThat(KeyFacts.good(cluster, key)).hasSize(2).last().isEqualTo(old);
      assertThat(keyRows(key)).as("minted once").isEqualTo("2");
      assertThat(cluster.key(key).getStatus().overlap().keyId()).isEqualTo(old);
    }
  }

  @Test
  @DisplayName(
      "K8S-4 the rotation of an encrypted key survives a death after each step: its ciphertext is current")
  void rotationEncrypted() throws Exception {
    String name = "h-rotation-encrypted";
    ApiKey key = issued(encrypted(name));
    String old = cluster.key(key).getStatus().keyId();
    KeyFacts.requestRotation(kubernetes, key);
    haltAtEach(
        () -> assertThat(KeyFacts.good(cluster, key)).as("never without a key").contains(old),
        "KEY_CIPHERTEXT",
        "KEY_ROW",
        "KEY_STATUS");

    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      awaitRotated(key, old);
      KeyFacts.assertCurrent(cluster, key, KeyFacts.decrypted(cluster.key(key)));
      assertThat(KeyFacts.good(cluster, key)).hasSize(2).last().isEqualTo(old);
      assertThat(keyRows(key)).as("one that never worked has no row").isEqualTo("2");
    }
  }

  @Test
  @DisplayName("K8S-4 an imported key's rotation survives a death after each step")
  void rotationImported() {
    String name = "h-rotation-imported";
    RawKey first = ApiKeyFormat.mint(new SecureRandom());
    RawKey second = ApiKeyFormat.mint(new SecureRandom());
    kubernetes.resource(KeyFacts.secret(name, Names.KEY_SECRET_TYPE, first.text())).create();
    ApiKey key = issued(Cluster.key(name, name, ApiKeySpec.Delivery.imported(name), null));
    kubernetes.resource(KeyFacts.secret(name, Names.KEY_SECRET_TYPE, second.text())).update();
    haltAtEach(() -> {}, "KEY_ROW", "KEY_STATUS");

    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      awaitRotated(key, first.keyId());
      KeyFacts.assertCurrent(cluster, key, second);
      assertThat(KeyFacts.good(cluster, key)).containsExactly(second.keyId(), first.keyId());
    }
  }

  @Test
  @DisplayName("K8S-4 the end of an overlap survives a death: the old key stays refused")
  void overlapEnds() {
    ApiKey key = issued(Cluster.key("overlap", "overlap", List.of(Role.USER)));
    String old = cluster.key(key).getStatus().keyId();
    KeyFacts.requestRotation(kubernetes, key);
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      awaitRotated(key, old);
    }
    cluster.execute("update authn.key_digests set expires_at = now() where kid = '" + old + "'");
    assertThat(KeyFacts.good(cluster, key)).as("without any process").doesNotContain(old);
    haltAt("KEY_OVERLAP_REVOKED");
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Cluster.eventually(
          "no overlap in the status", () -> cluster.key(key).getStatus().overlap() == null);
    }
    assertThat(revoked(key)).isEqualTo("1");
    assertThat(KeyFacts.good(cluster, key)).hasSize(1);
  }

  @Test
  @DisplayName("IAM-12 a death after a key was put out of use leaves it out")
  void blocked() {
    ApiKey key = issued(Cluster.key("blocked", "blocked", List.of(Role.USER)));
    kubernetes
        .resource(Cluster.tenant("blocked"))
        .patch(
            PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"apiKeys\":{\"namespaces\":[]}}}");
    haltAt("KEY_BLOCKED");
    assertThat(KeyFacts.good(cluster, key)).isEmpty();
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReason(key, ConditionType.Revoked, "NamespaceNotAllowed");
    }
    assertThat(KeyFacts.good(cluster, key)).isEmpty();
  }

  private static ApiKey encrypted(String name) {
    return Cluster.key(name, name, ApiKeySpec.Delivery.encrypted(AgeRecipientTest.RECIPIENT), null);
  }

  /** A key of a tenant of its own, issued by a process that has ended since. */
  private static ApiKey issued(ApiKey asked) {
    Tenant tenant = kubernetes.resource(Cluster.tenant(asked.getMetadata().getName())).create();
    ApiKey key = kubernetes.resource(asked).create();
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReady(tenant);
      cluster.awaitReady(key);
    }
    return key;
  }

  private static void awaitRotated(ApiKey key, String old) {
    Cluster.eventually(
        "rotated",
        () -> {
          ApiKey live = cluster.key(key);
          return !old.equals(live.getStatus().keyId())
              && live.getStatus().observedGeneration().equals(live.getMetadata().getGeneration());
        });
    cluster.awaitReady(key);
  }

  @Test
  @DisplayName("KEY/REL: the end of a key survives a death after each step: revoked, no Secret")
  void end() {
    String name = "h-end";
    Tenant tenant = kubernetes.resource(Cluster.tenant(name)).create();
    ApiKey key = kubernetes.resource(Cluster.key(name, name, List.of(Role.USER))).create();
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReady(tenant);
      cluster.awaitReady(key);
    }
    kubernetes.resource(key).delete();
    haltAtEach(
        () -> assertThat(revoked(key)).as("refused from the first step on").isEqualTo("1"),
        "KEY_REVOKED",
        "KEY_SECRET_DELETED");
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Cluster.eventually("key gone", () -> cluster.key(key) == null);
    }
    assertThat(secret(name)).isNull();
    assertThat(revoked(key)).isEqualTo("1");
  }

  private static Secret secret(String key) {
    return kubernetes.secrets().inNamespace(Cluster.APPS).withName(key + "-hermes").get();
  }

  private static String keyId(Secret secret) {
    return new String(
        Base64.getDecoder().decode(secret.getData().get(Names.KEY_SECRET_ID)),
        StandardCharsets.UTF_8);
  }

  private static String keyRows(ApiKey key) {
    return cluster.sql(
        "select count(*) from authn.key_digests where cr_uid = ?", key.getMetadata().getUid());
  }

  private static String revoked(ApiKey key) {
    return cluster.sql(
        "select count(*) from authn.key_digests where cr_uid = ? and revoked_at is not null",
        key.getMetadata().getUid());
  }
}

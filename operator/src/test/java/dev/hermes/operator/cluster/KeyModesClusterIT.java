package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every delivery mode, against a real API server. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class KeyModesClusterIT {
  private static final SecureRandom RANDOM = new SecureRandom();

  private static Cluster cluster;
  private static KubernetesClient kubernetes;
  private static OperatorProcess operator;
  private static Tenant tenant;

  @BeforeAll
  static void start() {
    cluster = Cluster.get();
    kubernetes = cluster.kubernetes();
    operator = cluster.operator().awaitReady();
    tenant = kubernetes.resource(Cluster.tenant("modes")).create();
    cluster.awaitReady(tenant);
  }

  @AfterAll
  static void stop() {
    if (operator != null) {
      operator.close();
    }
  }

  private static ApiKey create(String name, ApiKeySpec.Delivery delivery) {
    return create(name, delivery, null);
  }

  private static ApiKey create(
      String name, ApiKeySpec.Delivery delivery, ApiKeySpec.Rotation rotation) {
    return kubernetes.resource(Cluster.key(name, "modes", delivery, rotation)).create();
  }

  private static Secret secret(String name, String type, String text) {
    return KeyFacts.secret(name, type, text);
  }

  private static RawKey mint() {
    return ApiKeyFormat.mint(RANDOM);
  }

  @Test
  @DisplayName("K8S-4 Import: the key of the app's Secret works, and the Secret is left alone")
  void imported() {
    RawKey raw = mint();
    Secret before = kubernetes.resource(secret("imp", Names.KEY_SECRET_TYPE, raw.text())).create();
    ApiKey key = create("imported", ApiKeySpec.Delivery.imported("imp"));

    cluster.awaitReady(key);
    assertThat(cluster.key(key).getStatus().keyId()).isEqualTo(raw.keyId());
    KeyFacts.assertCurrent(cluster, key, raw);

    RawKey second = mint();
    kubernetes.resource(secret("imp", Names.KEY_SECRET_TYPE, second.text())).update();
    Secret changed = KeyFacts.secret(kubernetes, "imp");
    KeyFacts.requestRotation(kubernetes, key);
    Cluster.eventually(
        "rotated", () -> second.keyId().equals(cluster.key(key).getStatus().keyId()));
    assertThat(cluster.key(key).getStatus().overlap().keyId()).isEqualTo(raw.keyId());
    KeyFacts.assertCurrent(cluster, key, second);

    kubernetes.resource(key).delete();
    Cluster.eventually("key gone", () -> cluster.key(key) == null);
    assertThat(KeyFacts.secret(kubernetes, "imp")).as("still the app's own").isEqualTo(changed);
    assertThat(changed.getMetadata().getUid()).isEqualTo(before.getMetadata().getUid());
    assertThat(KeyFacts.good(cluster, key)).isEmpty();
  }

  @Test
  @DisplayName(
      "K8S-4 Import: no Secret, another type, no key, and another's key, each with its reason")
  void importRefused() {
    ApiKey key = create("refused", ApiKeySpec.Delivery.imported("refused"));
    cluster.awaitReason(key, ConditionType.Delivered, "SecretMissing");
    for (Case bad :
        List.of(
            new Case("Opaque", mint().text(), "SecretTypeWrong"),
            new Case(Names.KEY_SECRET_TYPE, mint().text() + "\n", "KeyFormatInvalid"),
            new Case(Names.KEY_SECRET_TYPE, "sk-not-ours", "KeyFormatInvalid"))) {
      kubernetes.resource(secret("refused", bad.type(), bad.text())).create();
      KeyFacts.requestRotation(kubernetes, key);
      cluster.awaitReason(key, ConditionType.Delivered, bad.reason());
      cluster.awaitReason(key, ConditionType.Issued, bad.reason());
      kubernetes.secrets().inNamespace(Cluster.APPS).withName("refused").delete();
    }
    assertThat(KeyFacts.good(cluster, key)).isEmpty();

    RawKey others = mint();
    kubernetes.resource(secret("first", Names.KEY_SECRET_TYPE, others.text())).create();
    ApiKey first = create("first", ApiKeySpec.Delivery.imported("first"));
    cluster.awaitReady(first);
    kubernetes.resource(secret("refused", Names.KEY_SECRET_TYPE, others.text())).create();
    KeyFacts.requestRotation(kubernetes, key);
    cluster.awaitReason(key, ConditionType.Issued, "KeyIdTaken");
    KeyFacts.assertCurrent(cluster, first, others);
  }

  private record Case(String type, String text, String reason) {}

  @Test
  @DisplayName("K8S-4 HashOnly: a key the operator never sees works; another hash rotates it")
  void hashOnly() {
    RawKey raw = mint();
    ApiKey key = create("hashed", delivery(raw));
    cluster.awaitReady(key);
    KeyFacts.assertCurrent(cluster, key, raw);
    assertThat(cluster.key(key).getStatus().secretName()).isNull();

    RawKey second = mint();
    ApiKeySpec.Delivery changed = delivery(second);
    patch(
        key,
        "{\"spec\":{\"delivery\":{\"keyId\":\"%s\",\"keyDigest\":\"%s\"}}}"
            .formatted(changed.keyId(), changed.keyDigest()));
    Cluster.eventually(
        "rotated", () -> second.keyId().equals(cluster.key(key).getStatus().keyId()));
    KeyFacts.assertCurrent(cluster, key, second);
    assertThat(KeyFacts.good(cluster, key)).containsExactly(second.keyId(), raw.keyId());

    patch(
        key,
        "{\"spec\":{\"delivery\":{\"keyId\":\"%s\",\"keyDigest\":\"%s\"}}}"
            .formatted(raw.keyId(), delivery(raw).keyDigest()));
    cluster.awaitReason(key, ConditionType.Delivered, "KeyRevoked");
    assertThat(KeyFacts.good(cluster, key))
        .as("a replaced key does not come back, the current one stays")
        .containsExactly(second.keyId(), raw.keyId());
  }

  private static ApiKeySpec.Delivery delivery(RawKey raw) {
    return ApiKeySpec.Delivery.hashOnly(raw.keyId(), HexFormat.of().formatHex(raw.innerHash()));
  }

  @Test
  @DisplayName(
      "K8S-4 Encrypted: the recipient alone reads the key, and a rotation gives another one")
  void encrypted() throws Exception {
    ApiKey key = create("sealed", ApiKeySpec.Delivery.encrypted(AgeRecipientTest.RECIPIENT));
    cluster.awaitReady(key);
    RawKey raw = KeyFacts.decrypted(cluster.key(key));
    KeyFacts.assertCurrent(cluster, key, raw);
    assertThat(kubernetes.secrets().inNamespace(Cluster.APPS).withName("sealed-hermes").get())
        .isNull();

    KeyFacts.requestRotation(kubernetes, key);
    Cluster.eventually("rotated", () -> !raw.keyId().equals(cluster.key(key).getStatus().keyId()));
    RawKey second = KeyFacts.decrypted(cluster.key(key));
    KeyFacts.assertCurrent(cluster, key, second);
    assertThat(KeyFacts.good(cluster, key)).containsExactly(second.keyId(), raw.keyId());
  }

  @Test
  @DisplayName("K8S-4 Encrypted: a mistyped recipient is named as such, and no key is made")
  void mistyped() {
    String recipient = AgeRecipientTest.RECIPIENT;
    char wrong = recipient.endsWith("q") ? 'p' : 'q';
    ApiKey key =
        create("mistyped", ApiKeySpec.Delivery.encrypted(recipient.substring(0, 61) + wrong));
    cluster.awaitReason(key, ConditionType.Issued, "RecipientInvalid");
    assertThat(cluster.key(key).getStatus().encryptedKey()).isNull();
    assertThat(KeyFacts.good(cluster, key)).isEmpty();
  }

  @Test
  @DisplayName("K8S-4 a Secret that was deleted is not made again in silence, but by a rotation")
  void missingSecret() {
    ApiKey key = create("lost", ApiKeySpec.Delivery.secret(null));
    cluster.awaitReady(key);
    String first = cluster.key(key).getStatus().keyId();
    kubernetes.secrets().inNamespace(Cluster.APPS).withName("lost-hermes").delete();
    patch(key, "{\"spec\":{\"expiresAfterDays\":89}}");
    cluster.awaitReason(key, ConditionType.Delivered, "SecretMissing");
    assertThat(KeyFacts.secret(kubernetes, "lost-hermes")).isNull();

    KeyFacts.requestRotation(kubernetes, key);
    cluster.awaitReady(key);
    RawKey second = KeyFacts.raw(KeyFacts.secret(kubernetes, "lost-hermes"));
    assertThat(second.keyId()).isNotEqualTo(first);
    KeyFacts.assertCurrent(cluster, key, second);
  }

  @Test
  @DisplayName("IAM-13 overlap 0 ends the old key at once; sessions keep their principal")
  void atOnce() {
    ApiKey key =
        create(
            "at-once",
            ApiKeySpec.Delivery.secret(null),
            new ApiKeySpec.Rotation(null, 7, 0, null, List.of()));
    cluster.awaitReady(key);
    String first = cluster.key(key).getStatus().keyId();
    KeyFacts.requestRotation(kubernetes, key);
    Cluster.eventually("rotated", () -> !first.equals(cluster.key(key).getStatus().keyId()));

    ApiKey live = cluster.key(key);
    assertThat(KeyFacts.good(cluster, key)).containsExactly(live.getStatus().keyId());
    assertThat(live.getStatus().overlap()).isNull();
    assertThat(live.getStatus().rotatedAt()).isNotNull();
    assertThat(
            cluster.sql(
                "select string_agg(distinct principal, ',') from authn.key_digests where cr_uid = ?",
                live.getMetadata().getUid()))
        .isEqualTo("key:" + live.getMetadata().getUid());
  }

  @Test
  @DisplayName("IAM-13 the schedule rotates on the day; the overlap ends on time and is marked")
  void scheduled() {
    ApiKey key =
        create(
            "scheduled",
            ApiKeySpec.Delivery.secret(null),
            new ApiKeySpec.Rotation(90, 7, 24, null, List.of()));
    cluster.awaitReady(key);
    String first = cluster.key(key).getStatus().keyId();
    String uid = cluster.key(key).getMetadata().getUid();

    travel(uid, "83 days");
    look(key);
    cluster.awaitReason(key, ConditionType.Expiring, "RotationDue");
    assertThat(KeyFacts.good(cluster, key)).containsExactly(first);

    travel(uid, "7 days");
    look(key);
    Cluster.eventually("rotated", () -> !first.equals(cluster.key(key).getStatus().keyId()));
    String second = cluster.key(key).getStatus().keyId();
    assertThat(KeyFacts.good(cluster, key)).containsExactly(second, first);
    assertThat(cluster.key(key).getStatus().overlap().keyId()).isEqualTo(first);
    KeyFacts.assertCurrent(
        cluster, key, KeyFacts.raw(KeyFacts.secret(kubernetes, "scheduled-hermes")));

    // the last three seconds of the overlap, which the operator waits for by itself
    cluster.execute(
        "update authn.key_digests set expires_at = now() + interval '3 seconds' where kid = '"
            + first
            + "'");
    look(key);
    Cluster.eventually("overlap over", () -> cluster.key(key).getStatus().overlap() == null);
    assertThat(KeyFacts.good(cluster, key)).containsExactly(second);
    assertThat(
            cluster.sql(
                "select (revoked_at - expires_at) between interval '0' and interval '2 seconds'"
                    + " from authn.key_digests where kid = ?",
                first))
        .isEqualTo("true");
  }

  @Test
  @DisplayName("IAM-5 Ready=False/KeyExpired comes when the key is due, not at the next resync")
  void expires() {
    ApiKey key = create("short", ApiKeySpec.Delivery.secret(null));
    cluster.awaitReady(key);
    cluster.execute(
        "update authn.key_digests set created_at = now() - interval '90 days' + interval '3 seconds'"
            + " where cr_uid = '"
            + cluster.key(key).getMetadata().getUid()
            + "'");
    look(key);
    cluster.awaitReason(key, ConditionType.Expiring, "ExpiresSoon");
    cluster.awaitReason(key, ConditionType.Ready, "KeyExpired");
    Instant expires = Instant.parse(cluster.key(key).getStatus().expiresAt());
    assertThat(Duration.between(expires, Instant.now())).isLessThan(Duration.ofSeconds(3));
  }

  @Test
  @DisplayName(
      "IAM-12 a ceiling that is lowered takes the key out within 2 s, one that is raised back")
  void ceiling() {
    Tenant narrowed = kubernetes.resource(Cluster.tenant("narrow")).create();
    cluster.awaitReady(narrowed);
    ApiKey key = kubernetes.resource(Cluster.key("narrow", "narrow", List.of(Role.USER))).create();
    cluster.awaitReady(key);
    String id = cluster.key(key).getStatus().keyId();

    Instant before = Instant.now();
    ceiling(narrowed, "auditor");
    Cluster.eventually("blocked", () -> KeyFacts.good(cluster, key).isEmpty());
    assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(2));
    cluster.awaitReason(key, ConditionType.Revoked, "RoleNotAllowed");

    ceiling(narrowed, "user");
    cluster.awaitReady(key);
    assertThat(KeyFacts.good(cluster, key)).containsExactly(id);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"mode\":\"Import\"} | needs delivery.secretName",
        "{\"mode\":\"HashOnly\",\"keyId\":\"000000000000\"} | needs delivery.keyId",
        "{\"mode\":\"Secret\",\"keyId\":\"000000000000\"} | belong to the mode HashOnly",
        "{\"mode\":\"Encrypted\"} | needed by the mode Encrypted",
        "{\"mode\":\"HashOnly\",\"keyId\":\"0\",\"keyDigest\":\"0\"} | should match",
        "{\"mode\":\"Encrypted\",\"ageRecipient\":\"age1x\"} | should match",
        "{\"mode\":\"Encrypted\",\"secretName\":\"x\"} | modes Secret and Import"
      })
  @DisplayName("K8S-1 fields of one mode in another are refused with what to write instead")
  void badDelivery(String delivery, String message) {
    assertThatThrownBy(() -> apply("\"delivery\":" + delivery)).hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"everyDays\":91} | longer than expiresAfterDays",
        "{\"everyDays\":7} | noticeDays must be less",
        "{\"everyDays\":9,\"overlapHours\":300} | overlapHours must be shorter",
        "{\"requestedAt\":\"2026-02-30T00:00:00Z\"} | date-time",
        "{\"requestedAt\":\"tomorrow\"} | should match",
        "{\"notify\":[\"a b@example.com\"]} | should match",
        "{\"notify\":[\"a@example.com\\r\\nBcc: x@example.com\"]} | should match"
      })
  @DisplayName("K8S-1 a rotation that cannot be is refused with what to write instead")
  void badRotation(String rotation, String message) {
    assertThatThrownBy(() -> apply("\"rotation\":" + rotation)).hasMessageContaining(message);
  }

  @Test
  @DisplayName("K8S-1 the mode, the Secret's name and the recipient cannot be changed")
  void immutable() {
    ApiKey key = create("fixed", ApiKeySpec.Delivery.secret("fixed-key"));
    assertThatThrownBy(() -> patch(key, "{\"spec\":{\"delivery\":{\"secretName\":\"other\"}}}"))
        .hasMessageContaining("secretName cannot be changed");
    assertThatThrownBy(() -> patch(key, "{\"spec\":{\"delivery\":{\"mode\":\"Import\"}}}"))
        .hasMessageContaining("mode cannot be changed");
    ApiKey hashed = create("fixed-hash", delivery(mint()));
    assertThatThrownBy(
            () -> patch(hashed, "{\"spec\":{\"delivery\":{\"keyId\":\"" + mint().keyId() + "\"}}}"))
        .hasMessageContaining("together");
  }

  private static void apply(String fields) {
    kubernetes
        .load(
            new java.io.ByteArrayInputStream(
                """
                {"apiVersion":"hermes.dev/v1alpha1","kind":"APIKey",
                 "metadata":{"name":"bad","namespace":"%s"},
                 "spec":{"tenantRef":{"name":"modes"},"roles":["user"],"scopes":["read"],%s}}
                """
                    .formatted(Cluster.APPS, fields)
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8)))
        .items()
        .forEach(item ->
            kubernetes
                .genericKubernetesResources(item.getApiVersion(), item.getKind())
                .inNamespace(Cluster.APPS)
                .resource((io.fabric8.kubernetes.api.model.GenericKubernetesResource) item)
                .create());
  }

  private static void patch(ApiKey key, String json) {
    kubernetes.resource(key).patch(PatchContext.of(PatchType.JSON_MERGE), json);
  }

  private static void ceiling(Tenant tenant, String role) {
    kubernetes
        .resource(tenant)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            """
            {"spec":{"apiKeys":{"namespaces":[{"name":"%s","roles":["%s"],"scopes":["read"]}]}}}
            """
                .formatted(Cluster.APPS, role));
  }

  /** As if the keys of an object had been made that much earlier. */
  private static void travel(String uid, String interval) {
    cluster.execute(
        "update authn.key_digests set created_at = created_at - interval '%s',".formatted(interval)
            + " expires_at = expires_at - interval '%s' where cr_uid = '%s'"
                .formatted(interval, uid));
  }

  /** A change of the spec that changes nothing for the key; the operator looks. */
  private static void look(ApiKey key) {
    patch(
        key,
        "{\"spec\":{\"rotation\":{\"notify\":[\"look%d@example.com\"]}}}"
            .formatted(System.nanoTime()));
  }
}

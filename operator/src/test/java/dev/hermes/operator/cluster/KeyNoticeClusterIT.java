package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Names;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeySpec;
import dev.hermes.database.key.ApiKeyFormat;
import dev.hermes.database.key.RawKey;
import dev.hermes.database.testing.FreePort;
import dev.hermes.operator.apikey.AgeRecipientTest;
import dev.hermes.operator.notice.StrictSmtp;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** People are told in time and once, and nobody is told a key. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class KeyNoticeClusterIT {
  private static final String TENANT = "notices";

  private static Cluster cluster;
  private static KubernetesClient kubernetes;

  @BeforeAll
  static void start() {
    cluster = Cluster.get();
    kubernetes = cluster.kubernetes();
    var tenant = kubernetes.resource(Cluster.tenant(TENANT)).create();
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReady(tenant);
    }
  }

  /** A key of another test must not be what is mailed or halted at. */
  @BeforeEach
  void noOtherKeys() {
    KeyFacts.forgetAll(kubernetes);
  }

  private static Map<String, String> smtp(int port) {
    return Map.of(
        "HERMES_SMTP_HOST", "127.0.0.1",
        "HERMES_SMTP_PORT", Integer.toString(port),
        "HERMES_SMTP_TLS", "none",
        "HERMES_SMTP_FROM", "hermes@example.com");
  }

  private static ApiKey create(String name, ApiKeySpec.Delivery delivery, Integer everyDays) {
    return kubernetes
        .resource(
            Cluster.key(
                name,
                TENANT,
                delivery,
                new ApiKeySpec.Rotation(everyDays, 7, 24, null, List.of("ops@example.com"))))
        .create();
  }

  private static void travel(ApiKey key, int days) {
    cluster.execute(
        "update authn.key_digests set created_at = created_at - interval '%d days',".formatted(days)
            + " expires_at = expires_at - interval '%d days' where cr_uid = '%s'"
                .formatted(days, key.getMetadata().getUid()));
  }

  private static void look(ApiKey key) {
    kubernetes
        .resource(key)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\":{\"rotation\":{\"notify\":[\"ops@example.com\",\"l%d@example.com\"]}}}"
                .formatted(System.nanoTime()));
    Cluster.eventually(
        "looked at",
        () -> {
          ApiKey live = cluster.key(key);
          return live.getStatus().observedGeneration().equals(live.getMetadata().getGeneration());
        });
  }

  private static List<Event> events(String key, String reason) {
    return kubernetes.events().v1().events().inNamespace(Cluster.APPS).list().getItems().stream()
        .filter(event -> event.getRegarding().getName().equals(key))
        .filter(event -> event.getReason().equals(reason))
        .toList();
  }

  @Test
  @DisplayName("IAM-13 CRM-9 one mail and one Event for each date, over looks and restarts")
  void once() throws Exception {
    try (StrictSmtp server = new StrictSmtp("")) {
      ApiKey key = create("told", ApiKeySpec.Delivery.secret(null), null);
      try (OperatorProcess operator = cluster.operator(smtp(server.port())).awaitReady()) {
        cluster.awaitReady(key);
        travel(key, 82);
        look(key);
        assertThat(server.received()).as("too early").isEmpty();
        travel(key, 1);
        look(key);
        Cluster.eventually("a mail", () -> server.received().size() == 1);
        Cluster.eventually("noted", () -> !noticedFor(key).equals("null"));
        look(key);
        assertThat(operator.metrics()).contains("hermes_key_notices_total{result=\"sent\"} 1");
      }
      try (OperatorProcess operator = cluster.operator(smtp(server.port())).awaitReady()) {
        look(key);
        look(key);
      }
      assertThat(server.received())
          .singleElement()
          .satisfies(received -> {
            assertThat(received.to()).contains("ops@example.com");
            assertThat(received.mail()).contains("expires on").contains("told");
          });
      assertThat(server.refusals()).isEmpty();
      assertThat(events("told", "ExpiresSoon")).hasSize(1);
    }
  }

  @Test
  @DisplayName(
      "K8S-4 a death between mail and record: the same mail again, by its Message-ID, then no more")
  void atLeastOnce() throws Exception {
    try (StrictSmtp server = new StrictSmtp("")) {
      ApiKey key = create("again", ApiKeySpec.Delivery.secret(null), null);
      try (OperatorProcess operator = cluster.operator().awaitReady()) {
        cluster.awaitReady(key);
      }
      travel(key, 84);
      Map<String, String> halting = new java.util.HashMap<>(smtp(server.port()));
      halting.put("HERMES_TEST_HOOKS", "true");
      halting.put("HERMES_TEST_HALT_AT", "KEY_NOTICE_SENT");
      try (OperatorProcess operator = cluster.operator(halting)) {
        assertThat(operator.awaitExit()).isEqualTo(137);
      }
      assertThat(noticedFor(key)).isEqualTo("null");
      try (OperatorProcess operator = cluster.operator(smtp(server.port())).awaitReady()) {
        Cluster.eventually("noted", () -> !noticedFor(key).equals("null"));
        look(key);
      }
      assertThat(server.received()).hasSize(2);
      assertThat(server.received())
          .extracting(
              received -> received.mail().lines().filter(l -> l.startsWith("Message-ID")).toList())
          .containsOnly(
              server
                  .received()
                  .getFirst()
                  .mail()
                  .lines()
                  .filter(l -> l.startsWith("Message-ID"))
                  .toList());
    }
  }

  @Test
  @DisplayName("CRM-9 a mail server that is away keeps no key waiting; Event and metric say so")
  void away() throws Exception {
    int closed = FreePort.next();
    ApiKey key = create("unheard", ApiKeySpec.Delivery.secret(null), null);
    try (OperatorProcess operator = cluster.operator(smtp(closed)).awaitReady()) {
      cluster.awaitReady(key);
      travel(key, 84);
      look(key);
      Cluster.eventually("said", () -> events("unheard", "NoticeNotSent").size() == 1);
      assertThat(operator.metrics()).contains("hermes_key_notices_total{result=\"failed\"}");
      cluster.awaitReady(key);
      cluster.awaitReason(key, ConditionType.Expiring, "ExpiresSoon");
      ApiKey other = create("meanwhile", ApiKeySpec.Delivery.secret(null), null);
      cluster.awaitReady(other);
      assertThat(noticedFor(key)).isEqualTo("null");
    }
  }

  private static String noticedFor(ApiKey key) {
    return cluster.sql(
        "select noticed_for from authn.key_digests where cr_uid = ?", key.getMetadata().getUid());
  }

  @Test
  @DisplayName(
      "K8S-4 SEC-10 a raw key is in no log, Event, status, metric, row or mail, in no mode")
  void canary() throws Exception {
    List<RawKey> raws = new ArrayList<>();
    try (StrictSmtp server = new StrictSmtp("");
        OperatorProcess operator = cluster.operator(smtp(server.port())).awaitReady()) {
      ApiKey minted = create("canary-minted", ApiKeySpec.Delivery.secret(null), 90);
      cluster.awaitReady(minted);
      raws.add(KeyFacts.raw(KeyFacts.secret(kubernetes, "canary-minted-hermes")));
      ApiKey sealed =
          create("canary-sealed", ApiKeySpec.Delivery.encrypted(AgeRecipientTest.RECIPIENT), 90);
      cluster.awaitReady(sealed);
      raws.add(KeyFacts.decrypted(cluster.key(sealed)));
      RawKey own = ApiKeyFormat.mint(new SecureRandom());
      raws.add(own);
      kubernetes.resource(KeyFacts.secret("canary", Names.KEY_SECRET_TYPE, own.text())).create();
      ApiKey imported = create("canary-imported", ApiKeySpec.Delivery.imported("canary"), 90);
      cluster.awaitReady(imported);
      RawKey hashed = ApiKeyFormat.mint(new SecureRandom());
      raws.add(hashed);
      cluster.awaitReady(
          create(
              "canary-hashed",
              ApiKeySpec.Delivery.hashOnly(
                  hashed.keyId(), HexFormat.of().formatHex(hashed.innerHash())),
              90));
      // the ways in which it goes wrong
      kubernetes
          .resource(KeyFacts.secret("canary", Names.KEY_SECRET_TYPE, own.text() + "\n"))
          .update();
      KeyFacts.requestRotation(kubernetes, imported);
      cluster.awaitReason(imported, ConditionType.Delivered, "KeyFormatInvalid");
      ApiKey thief = create("canary-thief", ApiKeySpec.Delivery.imported("stolen"), 90);
      kubernetes.resource(KeyFacts.secret("stolen", Names.KEY_SECRET_TYPE, hashed.text())).create();
      look(thief);
      cluster.awaitReason(thief, ConditionType.Issued, "KeyIdTaken");
      travel(minted, 84);
      travel(sealed, 84);
      look(minted);
      look(sealed);
      Cluster.eventually("two mails", () -> server.received().size() >= 2);
      KeyFacts.requestRotation(kubernetes, minted);
      KeyFacts.requestRotation(kubernetes, sealed);
      Cluster.eventually("rotated", () -> cluster.key(minted).getStatus().overlap() != null);
      Cluster.eventually("rotated", () -> cluster.key(sealed).getStatus().overlap() != null);
      raws.add(KeyFacts.raw(KeyFacts.secret(kubernetes, "canary-minted-hermes")));
      raws.add(KeyFacts.decrypted(cluster.key(sealed)));

      String everything =
          operator.log()
              + operator.metrics()
              + Serialization.asYaml(kubernetes.resources(ApiKey.class).inAnyNamespace().list())
              + Serialization.asYaml(
                  kubernetes.events().v1().events().inNamespace(Cluster.APPS).list())
              + Serialization.asYaml(
                  kubernetes.resources(dev.hermes.crds.tenant.Tenant.class).list())
              + cluster.sql("select string_agg(k::text, ' ') from authn.key_digests k")
              + server.received();
      assertThat(raws).hasSize(6);
      for (RawKey raw : raws) {
        assertThat(everything).as("control").contains(raw.keyId());
        assertThat(everything).doesNotContain(raw.text().substring(20, 63));
      }
    }
  }
}

package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.Names;
import dev.hermes.crds.tenant.Tenant;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The life of the release itself, with a tenant in it that must not notice. */
@Order(Integer.MAX_VALUE)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ReleaseE2E {
  private static final Cluster CLUSTER = Cluster.get();

  /** Within the 18 s that a process which ends gives its turns, and a good part of them. */
  private static final int STREAM_SECONDS = 8;

  private static TestTenant tenant;

  @BeforeAll
  static void tenant() {
    tenant = TestTenant.ready("release");
  }

  @AfterAll
  static void cleanUp() {
    tenant.close();
  }

  @Test
  @Order(1)
  @DisplayName("K8S-11 helm test: the API answers, is ready, and turns away who has no key")
  void helmTest() throws Exception {
    assertThat(Helm.run("test", "hermes", "--logs")).contains("Succeeded").doesNotContain("FAIL ");
  }

  @Test
  @Order(2)
  @DisplayName("K8S-11 an upgrade and a rollback roll every pod, and no request fails")
  void upgradeUnderLoad() throws Exception {
    var api = tenant.api();
    var before = pods();
    try (var chats = Load.of(4, () -> api.chat("", "hello").expect(200));
        var tools = Load.of(1, () -> api.python("upgrade", "print(6 * 7)"));
        var streams = Load.of(1, () -> longStream(api))) {
      Helm.run(
          "upgrade",
          "hermes",
          Helm.CHART,
          "--reuse-values",
          "--wait",
          "--timeout",
          "4m",
          "--set",
          "operator.resources.requests.cpu=51m",
          "--set",
          "controlApi.resources.requests.cpu=101m");
      var during = pods();
      assertThat(during).doesNotContainAnyElementsOf(before);
      Helm.run("rollback", "hermes", "--wait", "--timeout", "4m");
      assertThat(pods()).doesNotContainAnyElementsOf(during);
      assertThat(chats.failures()).isEmpty();
      assertThat(tools.failures()).isEmpty();
      assertThat(streams.failures()).as("streams that were cut").isEmpty();
      System.out.printf(
          "upgrade and rollback under load: %d chats, %d with a tool, %d streams of %d s, 0 failed%n",
          chats.answered(), tools.answered(), streams.answered(), STREAM_SECONDS);
      assertThat(chats.answered()).isGreaterThan(100);
      assertThat(tools.answered()).isGreaterThan(20);
      assertThat(streams.answered()).isGreaterThan(4);
    }
  }

  @Test
  @Order(3)
  @DisplayName("K8S-11 K8S-8 uninstall loses nothing; a new installation adopts what is there")
  void uninstallAndReinstall() throws Exception {
    var id = tenant.id();
    var session = "kept-" + UUID.randomUUID();
    tenant.api().chat(session, "remember me").expect(200);
    var key = CLUSTER.secret(tenant.apps(), "app-hermes", "HERMES_API_KEY");
    var values = Files.createTempFile("values", ".yaml");
    Files.writeString(values, Helm.run("get", "values", "hermes", "--output", "yaml"));

    Helm.run("uninstall", "hermes", "--wait");
    var admin = CLUSTER.admin();
    assertThat(pods()).as("a release that is gone runs nothing").isEmpty();
    assertThat(tenant.tenant().getMetadata().getDeletionTimestamp()).isNull();
    assertThat(names(admin.secrets().inNamespace(Cluster.SYSTEM).list().getItems()))
        .contains("hermes-pepper", "hermes-db-roles", "hermes-signing");
    assertThat(admin.persistentVolumeClaims().inNamespace(Cluster.SYSTEM).list().getItems())
        .isNotEmpty();
    assertThat(admin.namespaces().withName(tenant.namespace()).get()).isNotNull();

    Helm.run(
        "install",
        "hermes",
        Helm.CHART,
        "--wait",
        "--timeout",
        "4m",
        "--values",
        values.toString());
    Files.delete(values);
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> tenant.api().get("/v1/me").expect(200));
    tenant.awaitReady();
    assertThat(tenant.id()).isEqualTo(id);
    assertThat(CLUSTER.secret(tenant.apps(), "app-hermes", "HERMES_API_KEY")).isEqualTo(key);
    try (var root = CLUSTER.sql("superuser")) {
      assertThat(
              root.column(
                  "select count(*) from hermes.messages where tenant_id = ?::uuid and session_id = ?",
                  id,
                  session))
          .containsExactly("2");
    }
    assertThat(tenant.api().python("after-" + session, "print(6 * 7)")).contains("42");
    assertThat(admin.namespaces().withLabel(Names.TENANT, tenant.name()).list().getItems())
        .hasSize(1);
    assertThat(admin.resources(Tenant.class).list().getItems())
        .allSatisfy(t -> assertThat(t.getStatus().tenantId()).isNotNull());
  }

  /** One that is long open when its pod is asked to go, and has its end after that. */
  private static void longStream(Api api) {
    var answer =
        api.stream("upgrade-stream", "```bash\nsleep " + STREAM_SECONDS + " && echo slept\n```")
            .expect(200);
    assertThat(answer.body())
        .contains("slept")
        .contains("\"finish_reason\":\"stop\"")
        .endsWith("data: [DONE]\n\n");
  }

  private static List<String> pods() {
    return List.of("operator", "control-api").stream()
        .flatMap(component -> CLUSTER.pods(component).stream())
        .map(pod -> pod.getMetadata().getUid())
        .toList();
  }

  private static List<String> names(List<? extends HasMetadata> objects) {
    return objects.stream().map(object -> object.getMetadata().getName()).toList();
  }
}

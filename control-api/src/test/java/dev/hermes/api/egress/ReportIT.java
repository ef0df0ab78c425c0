package dev.hermes.api.egress;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.database.TcpProxy;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.egress.EgressReason;
import dev.hermes.crds.egress.EgressReport;
import dev.hermes.database.key.RawKey;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.now().truncatedTo(ChronoUnit.MILLIS);

  private final TestApi api = TestApi.shared();

  @Test
  @DisplayName(
      "SBX-8 a refusal is in its tenant's audit log, bytes are in its usage; nobody else's")
  void taken() {
    TestTenant tenant = api.tenant();
    TestTenant other = api.tenant();
    assertThat(send(report(tenant.id().toString())).status()).isEqualTo(204);
    assertThat(audit("hermes", tenant))
        .containsExactly(
            "system:egress sandbox.egress.denied sandbox:sb-1 denied "
                + "{\"pod\": \"uid-1\", \"host\": \"evil.example\", \"port\": \"443\","
                + " \"reason\": \"HostNotAllowed\", \"sandbox\": \"sb-1\"}");
    JsonNode bytes = api.get("/v1/usage", owner(tenant)).json().path("egress");
    assertThat(bytes).hasSize(1);
    assertThat(bytes.at("/0/bytes_out").asLong()).isEqualTo(100);
    assertThat(bytes.at("/0/bytes_in").asLong()).isEqualTo(2000);
    assertThat(bytes.at("/0/start").asText()).endsWith("T00:00:00Z");
    // a user's share is not known, and another tenant has none
    assertThat(api.get("/v1/usage", api.userKey(tenant)).json().path("egress").isNull()).isTrue();
    assertThat(api.get("/v1/usage", owner(other)).json().path("egress")).isEmpty();
    assertThat(audit("hermes", other)).isEmpty();
    // the control: the other tenant's own are seen
    assertThat(send(report(other.id().toString())).status()).isEqualTo(204);
    assertThat(api.get("/v1/usage", owner(other)).json().path("egress")).hasSize(1);
  }

  @Test
  @DisplayName("a report that comes again, or twice at once, counts once; another one counts too")
  void replayed() throws Exception {
    TestTenant tenant = api.tenant();
    EgressReport report = report(tenant.id().toString());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Answer> again = () -> send(report);
      for (var answer : threads.invokeAll(Collections.nCopies(3, again))) {
        assertThat(answer.get().status()).isEqualTo(204);
      }
    }
    assertThat(send(report).status()).isEqualTo(204);
    assertThat(audit("hermes", tenant)).hasSize(1);
    assertThat(bytesOut(tenant)).isEqualTo(100);
    assertThat(send(report(tenant.id().toString())).status()).isEqualTo(204);
    assertThat(audit("hermes", tenant)).hasSize(2);
    assertThat(bytesOut(tenant)).isEqualTo(200);
  }

  @Test
  @DisplayName("two refusals alike in one report are two entries")
  void alike() {
    TestTenant tenant = api.tenant();
    EgressReport.Denial denial = denial();
    assertThat(
            send(new EgressReport(
                    UUID.randomUUID().toString(),
                    "p",
                    tenant.id().toString(),
                    List.of(denial, denial),
                    null))
                .status())
        .isEqualTo(204);
    assertThat(audit("hermes", tenant)).hasSize(2);
  }

  @Test
  @DisplayName(
      "without the token, with another, or with a tenant's key: 401 and nothing is written")
  void token() {
    TestTenant tenant = api.tenant();
    String body = text(report(tenant.id().toString()));
    String key = api.operator().key(tenant, List.of(Role.ADMIN), List.of(Scope.values())).text();
    for (String bad :
        List.of("", "Bearer", "Bearer ", "Bearer wrong", "Bearer " + key, TestApi.REPORT_TOKEN)) {
      Answer answer = send(api, bad, body);
      assertThat(answer.status()).as(bad).isEqualTo(401);
      assertThat(answer.text()).doesNotContain(TestApi.REPORT_TOKEN);
    }
    assertThat(audit("hermes", tenant)).isEmpty();
    assertThat(send(api, "Bearer " + TestApi.REPORT_TOKEN, body).status()).isEqualTo(204);
    assertThat(audit("hermes", tenant)).hasSize(1);
    // and the listener for apps knows no such path
    assertThat(api.post(EgressReport.PATH, owner(tenant), body).status()).isEqualTo(404);
  }

  @Test
  @DisplayName(
      "the token is the file's of now; no file, or a guessable one: 503, and it comes back")
  void tokenChanges(@TempDir Path dir) throws Exception {
    Path file = Files.writeString(dir.resolve("token"), "the-first-token-of-this-test\n");
    try (TestApi replica =
        api.replica(Map.of("hermes.egress-report-token-file", file.toString()))) {
      String body = text(report(api.tenant().id().toString()));
      assertThat(send(replica, "Bearer the-first-token-of-this-test", body).status())
          .isEqualTo(204);
      Files.writeString(file, "the-second-token-of-this-test\n");
      assertThat(send(replica, "Bearer the-first-token-of-this-test", body).status())
          .isEqualTo(401);
      assertThat(send(replica, "Bearer the-second-token-of-this-test", body).status())
          .isEqualTo(204);
      Files.writeString(file, "\n");
      assertThat(send(replica, "Bearer ", body).status()).isEqualTo(503);
      Files.delete(file);
      assertThat(send(replica, "Bearer the-second-token-of-this-test", body).status())
          .isEqualTo(503);
      Files.writeString(file, "the-second-token-of-this-test\n");
      assertThat(send(replica, "Bearer the-second-token-of-this-test", body).status())
          .isEqualTo(204);
    }
  }

  @Test
  @DisplayName("what is not a report is 400 and names the member; nothing of it is written")
  void strict() {
    TestTenant tenant = api.tenant();
    bad(tenant, "body", report -> report.put("surprise", 1));
    bad(tenant, "body", report -> first(report).put("surprise", 1));
    bad(tenant, "body", report -> first(report).put("reason", "Whatever"));
    bad(tenant, "body", report -> first(report).put("reason", 3));
    bad(tenant, "body", report -> first(report).put("port", "x"));
    bad(tenant, "body", report -> first(report).putNull("port"));
    bad(tenant, "body", report -> report.put("denials", "none"));
    bad(tenant, "id", report -> report.put("id", "1"));
    bad(tenant, "id", report -> report.remove("id"));
    bad(tenant, "id", report -> report.put("id", "0-0-0-0-1"));
    bad(tenant, "tenantId", report -> report.put("tenantId", "acme"));
    bad(tenant, "instance", report -> report.put("instance", "a b"));
    bad(tenant, "reason", report -> first(report).remove("reason"));
    bad(tenant, "port", report -> first(report).put("port", 65_536));
    bad(tenant, "port", report -> first(report).put("port", -1));
    bad(tenant, "host", report -> first(report).put("host", "a\u0000b"));
    bad(tenant, "host", report -> first(report).put("host", "x".repeat(254)));
    bad(tenant, "podUid", report -> first(report).remove("podUid"));
    bad(tenant, "sandboxId", report -> first(report).put("sandboxId", ""));
    bad(tenant, "time", report -> first(report).put("time", "yesterday"));
    bad(tenant, "time", report -> first(report).put("time", "2020-01-01T00:00:00Z"));
    bad(tenant, "time", report -> first(report).put("time", "2999-01-01T00:00:00Z"));
    bad(tenant, "usage", report -> usage(report).put("bytesOut", -1));
    bad(tenant, "minute", report -> usage(report).remove("minute"));
    bad(
        tenant,
        "denials",
        report -> {
          for (int i = 0; i < EgressReport.MOST_DENIALS; i++) {
            report.withArray("denials").add(first(report).deepCopy());
          }
        });
    for (String body : List.of("", "null", "[]", "{}", "{\"id\":", text(report("x")) + "{}")) {
      assertThat(send(api, "Bearer " + TestApi.REPORT_TOKEN, body).status())
          .as(body)
          .isEqualTo(400);
    }
    assertThat(send(api, "Bearer " + TestApi.REPORT_TOKEN, " ".repeat(600_000)).status())
        .isEqualTo(413);
    assertThat(audit("hermes", tenant)).isEmpty();
    assertThat(bytesOut(tenant)).isZero();
    assertThat(send(report(tenant.id().toString())).status()).isEqualTo(204);
    assertThat(audit("hermes", tenant)).hasSize(1);
  }

  @Test
  @DisplayName(
      "a report of a tenant that is unknown is taken and written nowhere; a suspended one's is")
  void tenants() {
    assertThat(send(report(UUID.randomUUID().toString())).status()).isEqualTo(204);
    TestTenant suspended = api.operator().apply(TestTenant.create().suspended(true));
    assertThat(send(report(suspended.id().toString())).status()).isEqualTo(204);
    assertThat(audit("hermes", suspended)).hasSize(1);
  }

  @Test
  @DisplayName(
      "rows lie where the tenant's isolation puts them; no schema yet is 503, and is made up for")
  void ownSchema() {
    TestTenant tenant = api.operator().apply(TestTenant.create().withOwnSchema());
    EgressReport report = report(tenant.id().toString());
    Answer early = send(report);
    assertThat(early.status()).isEqualTo(503);
    assertThat(early.header("Retry-After")).isNotEmpty();
    api.operator().schema(tenant);
    assertThat(send(report).status()).isEqualTo(204);
    assertThat(audit(tenant.schema(), tenant)).hasSize(1);
    assertThat(audit("hermes", tenant)).isEmpty();
    assertThat(bytesOut(tenant)).isEqualTo(100);
  }

  @Test
  @DisplayName("PostgreSQL away: 503, and the same report is taken once it is back")
  void away() throws Exception {
    String url = api.database().url();
    int port = URI.create(url.substring("jdbc:".length())).getPort();
    TestTenant tenant = api.tenant();
    EgressReport report = report(tenant.id().toString());
    try (TcpProxy proxy = new TcpProxy(port);
        TestApi replica =
            api.replica(
                Map.of("hermes.db-url", url.replace(":" + port + "/", ":" + proxy.port() + "/")))) {
      proxy.cut();
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(
              () -> send(replica, "Bearer " + TestApi.REPORT_TOKEN, text(report)).status() == 503);
      proxy.mend();
      Awaitility.await()
          .atMost(Duration.ofSeconds(15))
          .until(
              () -> send(replica, "Bearer " + TestApi.REPORT_TOKEN, text(report)).status() == 204);
    }
    assertThat(audit("hermes", tenant)).hasSize(1);
  }

  private void bad(TestTenant tenant, String member, Consumer<ObjectNode> change) {
    ObjectNode report = JSON.valueToTree(report(tenant.id().toString()));
    change.accept(report);
    Answer answer = send(api, "Bearer " + TestApi.REPORT_TOKEN, report.toString());
    assertThat(answer.status()).as(report.toString()).isEqualTo(400);
    assertThat(answer.text()).startsWith(member + " ");
  }

  private static ObjectNode first(ObjectNode report) {
    return (ObjectNode) report.at("/denials/0");
  }

  private static ObjectNode usage(ObjectNode report) {
    return (ObjectNode) report.path("usage");
  }

  private static EgressReport.Denial denial() {
    return new EgressReport.Denial(
        NOW.toString(), "uid-1", "sb-1", "evil.example", 443, EgressReason.HostNotAllowed);
  }

  private static EgressReport report(String tenant) {
    return new EgressReport(
        UUID.randomUUID().toString(),
        "hermes-egress-0",
        tenant,
        List.of(denial()),
        new EgressReport.Usage(NOW.truncatedTo(ChronoUnit.MINUTES).toString(), 100, 2000));
  }

  private Answer send(EgressReport report) {
    return send(api, "Bearer " + TestApi.REPORT_TOKEN, text(report));
  }

  private static Answer send(TestApi to, String authorization, String body) {
    int port = to.context().getBean(ReportServer.class).port();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + EgressReport.PATH))
            .timeout(Duration.ofSeconds(30))
            .POST(BodyPublishers.ofString(body));
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    return to.send(request.build());
  }

  private static String text(EgressReport report) {
    return JSON.valueToTree(report).toString();
  }

  private RawKey owner(TestTenant tenant) {
    return api.operator().key(tenant, List.of(Role.OWNER), List.of(Scope.READ));
  }

  private long bytesOut(TestTenant tenant) {
    long bytes = 0;
    for (JsonNode row : api.get("/v1/usage", owner(tenant)).json().path("egress")) {
      bytes += row.path("bytes_out").asLong();
    }
    return bytes;
  }

  private List<String> audit(String schema, TestTenant tenant) {
    try (var connection = api.database().superuser();
        var rows =
            connection
                .createStatement()
                .executeQuery(
                    """
                    select actor || ' ' || action || ' ' || object || ' ' || outcome || ' ' || detail
                    from %s.audit_log where tenant_id = '%s' and action like 'sandbox.egress%%'
                    """
                        .formatted(schema, tenant.id()))) {
      List<String> found = new ArrayList<>();
      while (rows.next()) {
        found.add(rows.getString(1));
      }
      return found;
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}

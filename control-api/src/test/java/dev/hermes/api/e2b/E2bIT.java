package dev.hermes.api.e2b;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.sandbox.LocalPods;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.key.RawKey;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The life of a sandbox over E2B's control routes. */
class E2bIT {
  private static final TestApi API = TestApi.shared();

  private final TestTenant tenant = API.tenant();
  private final RawKey key = API.userKey(tenant);

  @Test
  @DisplayName("SBX-16 made, found, listed, extended, ended: then it does not exist")
  void life() {
    Instant before = Instant.now();
    Answer made = create("{\"templateID\":\"base\",\"timeout\":60,\"metadata\":{\"a\":\"b\"}}");
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    String id = made.json().path("sandboxID").asText();
    assertThat(made.json().path("envdVersion").asText()).isEqualTo("0.5.7");
    assertThat(made.json().path("templateID").asText()).isEqualTo("default");
    assertThat(made.json().path("envdAccessToken").asText()).isNotEmpty();
    assertThat(made.json().path("trafficAccessToken").asText()).isNotEmpty();

    JsonNode shown = get("/sandboxes/" + id).json();
    assertThat(shown.path("state").asText()).isEqualTo("running");
    assertThat(shown.path("metadata").path("a").asText()).isEqualTo("b");
    assertThat(shown.path("cpuCount").asInt()).isEqualTo(1);
    assertThat(shown.path("memoryMB").asInt()).isEqualTo(512);
    assertThat(end(shown)).isBetween(before.plusSeconds(59), Instant.now().plusSeconds(61));

    assertThat(post("/sandboxes/" + id + "/timeout", "{\"timeout\":600}").status()).isEqualTo(204);
    assertThat(end(get("/sandboxes/" + id).json())).isAfter(before.plusSeconds(590));
    Answer connected = post("/v2/sandboxes/" + id + "/connect", "{\"timeout\":10}");
    assertThat(connected.status()).isEqualTo(200);
    assertThat(connected.json().path("sandboxID").asText()).isEqualTo(id);
    assertThat(end(get("/sandboxes/" + id).json()))
        .as("connecting never moves the end nearer")
        .isAfter(before.plusSeconds(590));
    assertThat(post("/sandboxes/" + id + "/timeout", "{\"timeout\":30}").status()).isEqualTo(204);
    assertThat(end(get("/sandboxes/" + id).json())).isBefore(Instant.now().plusSeconds(31));

    assertThat(delete("/sandboxes/" + id).status()).isEqualTo(204);
    for (Answer gone :
        List.of(
            get("/sandboxes/" + id),
            delete("/sandboxes/" + id),
            post("/sandboxes/" + id + "/timeout", "{\"timeout\":30}"),
            post("/v2/sandboxes/" + id + "/connect", "{}"))) {
      assertThat(gone.status()).isEqualTo(404);
      assertThat(gone.json().path("code").asInt()).as("where E2B's clients look").isEqualTo(404);
      assertThat(gone.json().path("message").asText()).contains(id);
    }
  }

  @Test
  @DisplayName("SBX-16 the pod goes with its sandbox, and its row is closed")
  void podGoes() {
    LocalPods pods = API.context().getBean(LocalPods.class);
    int before = pods.running();
    String id = made(key);
    assertThat(pods.running()).isEqualTo(before + 1);

    delete("/sandboxes/" + id);

    assertThat(pods.running()).isEqualTo(before);
    assertThat(sql("select state from hermes.sandbox_leases where lease_id = '" + id + "'"))
        .isEqualTo("closed");
  }

  @Test
  @DisplayName("TEN-3 SBX-16 a sandbox of another tenant or user does not exist; an admin sees it")
  void others() {
    String id = made(key);
    RawKey stranger = API.userKey(API.tenant());
    RawKey colleague = API.userKey(tenant);
    RawKey admin = API.operator().key(tenant, List.of(Role.ADMIN), List.of(Scope.EXECUTE));

    for (RawKey other : List.of(stranger, colleague)) {
      assertThat(API.get("/sandboxes/" + id, other).status()).isEqualTo(404);
      assertThat(API.post("/v2/sandboxes/" + id + "/connect", other, "{}").status()).isEqualTo(404);
      assertThat(API.send("DELETE", "/sandboxes/" + id, other, null, r -> {}).status())
          .isEqualTo(404);
      assertThat(API.get("/v2/sandboxes", other).json()).isEmpty();
    }
    assertThat(API.get("/sandboxes/" + id, admin).status()).isEqualTo(200);
    assertThat(ids(API.get("/v2/sandboxes", admin).json())).containsExactly(id);
    assertThat(get("/sandboxes/" + id).status()).as("and it still runs").isEqualTo(200);
  }

  @Test
  @DisplayName("SBX-16 lists by metadata, in pages, newest first or oldest first")
  void lists() {
    String first = made(key, "{\"app\":\"x&y=z\",\"n\":\"1\"}");
    String second = made(key, "{\"app\":\"x&y=z\",\"n\":\"2\"}");
    String third = made(key, "{\"app\":\"other\"}");

    assertThat(ids(get("/v2/sandboxes").json())).containsExactly(third, second, first);
    assertThat(ids(get("/sandboxes").json())).containsExactly(third, second, first);
    assertThat(ids(get("/v2/sandboxes?order=asc").json())).containsExactly(first, second, third);
    // texts are encoded, then the pairs, then the query
    assertThat(ids(get("/v2/sandboxes?metadata=app%3Dx%252526y%25253Dz").json()))
        .containsExactly(second, first);
    assertThat(ids(get("/v2/sandboxes?metadata=app%3Dx%252526y%25253Dz%26n%3D1").json()))
        .containsExactly(first);
    assertThat(get("/v2/sandboxes?state=paused").json()).isEmpty();
    Answer page = get("/v2/sandboxes?state=running,paused&limit=2");
    assertThat(ids(page.json())).containsExactly(third, second);
    String next = page.header("x-next-token");
    Answer rest = get("/v2/sandboxes?limit=2&nextToken=" + next);
    assertThat(ids(rest.json())).containsExactly(first);
    assertThat(rest.header("x-next-token")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}|templateID",
        "{\"templateID\":\"base\",\"timeout\":0}|timeout",
        "{\"templateID\":\"base\",\"timeout\":3601}|1 to 3600 seconds",
        "{\"templateID\":\"base\",\"autoPause\":true}|autoPause",
        "{\"templateID\":\"base\",\"mcp\":{\"x\":{}}}|mcp",
        "{\"templateID\":\"base\",\"volumeMounts\":[{\"name\":\"v\",\"path\":\"/v\"}]}|volumeMounts",
        "{\"templateID\":\"base\",\"network\":{\"egressProxy\":{\"address\":\"a\"}}}|egressProxy",
        "{\"templateID\":\"base\",\"envVars\":{\"A=B\":\"c\"}}|envVars",
        "{\"templateID\":\"base\",\"metadata\":{\"a\":\"\\u0000\"}}|U+0000",
        "{\"templateID\":7|",
        "[]|"
      })
  void badWishes(String wishAndWord) {
    String[] parts = wishAndWord.split("\\|", 2);
    Answer refused = create(parts[0]);
    assertThat(refused.status()).as(refused.text()).isEqualTo(400);
    assertThat(refused.json().path("message").asText()).contains(parts[1]);
    assertThat(get("/v2/sandboxes").json()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "-",
      value = {
        "\"allow_internet_access\":false|none",
        "\"allow_internet_access\":true|-",
        "\"network\":{}|-",
        "\"network\":{\"denyOut\":[\"0.0.0.0/0\"]}|none",
        "\"network\":{\"denyOut\":[\"0.0.0.0/0\",\"::/0\",\"10.0.0.0/8\"],\"dnsServers\":[]}|none",
        "\"network\":{\"allowOut\":[\"*.B.example\",\"a.example\"],\"denyOut\":[\"0.0.0.0/0\"]}|*.b.example,a.example",
        "\"allow_internet_access\":false,\"network\":{\"allowOut\":[\"a.example\"]}|a.example",
        "\"network\":{\"allowOut\":[\"0.0.0.0/0\"]}|-",
        "\"network\":{\"allowOut\":[\"0.0.0.0/0\",\"a.example\"],\"denyOut\":[\"0.0.0.0/0\"]}|-",
      })
  @DisplayName("SBX-8 less network than the policy's, as E2B's clients ask for it")
  void network(String wish, String network) {
    LocalPods pods = API.context().getBean(LocalPods.class);
    Answer made = create("{\"templateID\":\"base\"," + wish + "}");
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    String id = made.json().path("sandboxID").asText();
    assertThat(pods.network(id)).isEqualTo(java.util.Optional.ofNullable(network));

    String other = made(key);
    String update = wish.replaceFirst("\"network\":\\{(.*)}", "$1").replaceFirst(",$", "");
    assertThat(put("/sandboxes/" + other + "/network", "{" + update + "}").status()).isEqualTo(204);
    assertThat(pods.network(other)).isEqualTo(java.util.Optional.ofNullable(network));
    assertThat(put("/sandboxes/" + other + "/network", "{}").status()).isEqualTo(204);
    assertThat(pods.network(other)).as("what is absent is cleared").isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"denyOut\":[\"10.0.0.0/8\"]|denyOut",
        "\"denyOut\":[\"::/0\"]|denyOut",
        "\"denyOut\":[\"a.example\"]|denyOut",
        "\"denyOut\":[null]|denyOut",
        "\"allowOut\":[\"a.example\"]|denyOut",
        "\"allowOut\":[\"8.8.8.8\"],\"denyOut\":[\"0.0.0.0/0\"]|8.8.8.8",
        "\"allowOut\":[\"8.8.8.0/24\"],\"denyOut\":[\"0.0.0.0/0\"]|8.8.8.0/24",
        "\"allowOut\":[null],\"denyOut\":[\"0.0.0.0/0\"]|allowOut",
        "\"dnsServers\":[\"1.1.1.1\"]|dnsServers",
        "\"rules\":{\"a.example\":[]}|rules",
        "\"egressProxy\":{\"address\":\"a:1\"}|egressProxy"
      })
  @DisplayName("SBX-8 what of it cannot be kept to is 400, never ignored")
  void badNetwork(String networkAndWord) {
    String[] parts = networkAndWord.split("\\|", 2);
    String id = made(key);
    LocalPods pods = API.context().getBean(LocalPods.class);
    put("/sandboxes/" + id + "/network", "{\"allow_internet_access\":false}");
    for (Answer refused :
        List.of(
            create("{\"templateID\":\"base\",\"network\":{" + parts[0] + "}}"),
            put("/sandboxes/" + id + "/network", "{" + parts[0] + "}"))) {
      assertThat(refused.status()).as(refused.text()).isEqualTo(400);
      assertThat(refused.json().path("message").asText()).contains(parts[1]);
    }
    assertThat(pods.network(id)).as("as it was").contains("none");
  }

  private Answer put(String path, String body) {
    return API.send("PUT", path, key, body, request -> {});
  }

  @Test
  @DisplayName("SBX-16 what a sandbox uses is measured when it is asked for")
  void metrics() {
    String id = made(key);
    JsonNode metrics = get("/sandboxes/" + id + "/metrics").json();
    assertThat(metrics).hasSize(1);
    JsonNode now = metrics.path(0);
    assertThat(now.path("timestampUnix").asLong())
        .isCloseTo(Instant.now().getEpochSecond(), org.assertj.core.api.Assertions.within(30L));
    assertThat(Instant.parse(now.path("timestamp").asText()).getEpochSecond())
        .isEqualTo(now.path("timestampUnix").asLong());
    assertThat(now.path("cpuCount").asInt()).isEqualTo(1);
    assertThat(now.path("memTotal").asLong()).isEqualTo(512L << 20);
    for (String figure : List.of("memUsed", "diskUsed", "diskTotal")) {
      assertThat(now.path(figure).asLong()).as(figure).isPositive();
    }
    assertThat(now.has("cpuUsedPct")).isTrue();
    assertThat(now.has("memCache")).isTrue();

    String path = "/sandboxes/" + id + "/metrics";
    assertThat(get(path + "?start=1&end=4000000000").json()).hasSize(1);
    assertThat(get(path + "?end=1").json()).isEmpty();
    assertThat(get(path + "?start=4000000000").json()).isEmpty();
    assertThat(get(path + "?start=x").status()).isEqualTo(400);
    assertThat(API.get(path, API.userKey(API.tenant())).status()).isEqualTo(404);
    delete("/sandboxes/" + id);
    assertThat(get(path).status()).isEqualTo(404);
  }

  @Test
  void unknownTemplate() {
    Answer refused = create("{\"templateID\":\"nope\"}");
    assertThat(refused.status()).isEqualTo(404);
    assertThat(refused.json().path("message").asText()).contains("nope").contains("default");
  }

  @Test
  @DisplayName("TEN-9 the tenant's most sandboxes count these too; one ends, one may begin")
  void full() {
    TestTenant small = API.operator().apply(TestTenant.create().withMaxSandboxes(1));
    RawKey own = API.userKey(small);
    String id = made(own);

    Answer refused = API.post("/v2/sandboxes", own, "{\"templateID\":\"base\"}");
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.errorCode()).isEqualTo("sandboxes_in_use");
    assertThat(refused.header("Retry-After")).isNotEmpty();

    API.send("DELETE", "/sandboxes/" + id, own, null, request -> {});
    made(own);
  }

  @ParameterizedTest
  @CsvSource({"pause", "resume", "snapshots", "fork"})
  void notOffered(String verb) {
    String id = made(key);
    Answer answer = post("/sandboxes/" + id + "/" + verb, "{}");
    assertThat(answer.status()).isEqualTo(501);
    assertThat(answer.json().path("message").asText()).contains("timeout");
    assertThat(post("/sandboxes/" + UUID.randomUUID() + "/" + verb, "{}").status()).isEqualTo(404);
  }

  @Test
  @DisplayName("IAM-8 the key in X-API-Key is as good as the bearer's, and no better")
  void apiKeyHeader() {
    assertThat(
            API.send("GET", "/v2/sandboxes", null, null, r -> r.header("X-API-Key", key.text()))
                .status())
        .isEqualTo(200);
    assertThat(
            API.send(
                    "GET",
                    "/v2/sandboxes",
                    null,
                    null,
                    r -> r.header("X-API-Key", spelt(key.text())))
                .status())
        .as("spelt as E2B's clients want it")
        .isEqualTo(200);
    for (String no :
        List.of("e2b_0123", "e2b_", "e2b_xyz", spelt(key.text() + "a"), spelt("e2b_"))) {
      assertThat(
              API.send("GET", "/v2/sandboxes", null, null, r -> r.header("X-API-Key", no)).status())
          .isEqualTo(401);
    }
    assertThat(
            API.send(
                    "GET",
                    "/v2/sandboxes",
                    null,
                    null,
                    r -> r.header("Authorization", "Bearer " + spelt(key.text())))
                .status())
        .as("the spelling is for the header of those clients")
        .isEqualTo(401);
    assertThat(
            API.send(
                    "GET",
                    "/v2/sandboxes",
                    null,
                    null,
                    r -> r.header("X-API-Key", key.text()).header("Authorization", "Bearer no"))
                .status())
        .as("two credentials: the bearer's counts")
        .isEqualTo(401);
  }

  @Test
  @DisplayName("AUD-2 making and ending are in the audit log")
  void audited() {
    String id = made(key);
    delete("/sandboxes/" + id);
    assertThat(
            sql(
                "select string_agg(action, ' ' order by created_at) from hermes.audit_log"
                    + " where object = 'sandbox:"
                    + id
                    + "' and outcome = 'allowed'"))
        .isEqualTo("sandbox.create sandbox.end");
  }

  private static String spelt(String key) {
    return "e2b_" + HexFormat.of().formatHex(key.getBytes(StandardCharsets.US_ASCII));
  }

  private static String sql(String query) {
    try (Connection connection = API.database().superuser();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private String made(RawKey by) {
    return made(by, "{}");
  }

  private String made(RawKey by, String metadata) {
    Answer answer =
        API.post("/v2/sandboxes", by, "{\"templateID\":\"base\",\"metadata\":" + metadata + "}");
    assertThat(answer.status()).as(answer.text()).isEqualTo(201);
    return answer.json().path("sandboxID").asText();
  }

  private static List<String> ids(JsonNode list) {
    return Stream.iterate(0, i -> i < list.size(), i -> i + 1)
        .map(i -> list.get(i).path("sandboxID").asText())
        .toList();
  }

  private static Instant end(JsonNode sandbox) {
    return Instant.parse(sandbox.path("endAt").asText());
  }

  private Answer create(String body) {
    return post("/v2/sandboxes", body);
  }

  private Answer get(String path) {
    return API.get(path, key);
  }

  private Answer post(String path, String body) {
    return API.post(path, key, body);
  }

  private Answer delete(String path) {
    return API.send("DELETE", path, key, null, request -> {});
  }
}

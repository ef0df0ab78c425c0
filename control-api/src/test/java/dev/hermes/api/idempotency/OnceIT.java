package dev.hermes.api.idempotency;

import static dev.hermes.api.testing.TestApi.quote;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.FakeEmbeddings;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import io.micronaut.http.HttpMethod;
import io.micronaut.web.router.Router;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every other POST with a key: one effect, the same answer. */
class OnceIT {
  @TempDir private static Path folder;
  private static FakeEmbeddings embeddings;
  private static TestApi api;
  private static TestApi second;

  private TestTenant tenant;
  private RawKey key;

  @BeforeAll
  static void start() throws Exception {
    embeddings = new FakeEmbeddings();
    Path file = folder.resolve("providers.yaml");
    Files.writeString(file, "providers:\n" + embeddings.yaml("embeddings", "fake-embedding", 1));
    Map<String, Object> settings =
        Map.of("hermes.providers-file", file.toString(), "hermes.idempotency-lease", "2s");
    api = TestApi.shared().replica(settings);
    second = TestApi.shared().replica(settings);
  }

  @AfterAll
  static void stop() {
    second.close();
    api.close();
    embeddings.close();
  }

  @BeforeEach
  void tenant() {
    tenant = api.tenant();
    key = api.userKey(tenant);
  }

  private Answer post(TestApi replica, RawKey by, String path, String body, String idempotencyKey) {
    return replica.send(
        "POST",
        path,
        by,
        body,
        request -> {
          if (idempotencyKey != null) {
            request.header("Idempotency-Key", idempotencyKey);
          }
        });
  }

  private int rows(String table) {
    return api.column("select 1 from hermes." + table + " where tenant_id = '" + tenant.id() + "'")
        .size();
  }

  private void again(Answer first, Answer second) {
    assertThat(first.status()).as(first.text()).isBetween(200, 299);
    assertThat(first.header("Idempotent-Replayed")).isEmpty();
    assertThat(second.status()).as(second.text()).isEqualTo(first.status());
    assertThat(second.text()).isEqualTo(first.text());
    assertThat(second.header("Content-Type")).isEqualTo(first.header("Content-Type"));
    assertThat(second.header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(second.header("Original-Request")).isEqualTo(first.header("x-request-id"));
  }

  @Test
  @DisplayName("AGW-15 every POST there is takes a key, by its own means or the filter's")
  void all() {
    List<String> without =
        api.context()
            .getBean(Router.class)
            .uriRoutes()
            .filter(route -> route.getHttpMethod() == HttpMethod.POST)
            .filter(route -> !route.getAnnotationMetadata().hasAnnotation(Once.class))
            .map(Object::toString)
            .toList();
    assertThat(without).isEmpty();
    assertThat(api.get("/v1/openapi", null).json().path("paths").properties())
        .flatExtracting(
            path -> path.getValue().has("post") ? List.of(path.getValue().path("post")) : List.of())
        .hasSizeGreaterThan(15)
        .allMatch(post ->
            post.path("parameters").toString().contains("#/components/parameters/IdempotencyKey"));
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/sessions, '{\"title\":\"once\"}', sessions",
    "/v1/jobs, '{\"code\":\"print(1)\"}', jobs",
    "/v1/embeddings, '{\"model\":\"fake-embedding\",\"input\":\"x\"}', usage_records"
  })
  @DisplayName("AGW-15 20 parallel repeats: one effect, the same answer, on two replicas")
  void parallel(String path, String body, String table) {
    List<CompletableFuture<Answer>> sent = new ArrayList<>();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 20; i++) {
        TestApi replica = i % 2 == 0 ? api : second;
        sent.add(
            CompletableFuture.supplyAsync(() -> post(replica, key, path, body, "p"), executor));
      }
    }
    List<Answer> answers = sent.stream().map(CompletableFuture::join).toList();
    assertThat(answers).allMatch(it -> it.status() < 300 || it.status() == 409);
    Answer first =
        answers.stream()
            .filter(it -> it.status() < 300 && it.header("Idempotent-Replayed").isEmpty())
            .reduce((a, b) -> {
              throw new AssertionError("two effects");
            })
            .orElseThrow();
    answers.stream()
        .filter(it -> it.status() == 409)
        .forEach(it -> assertThat(it.errorCode()).isEqualTo("idempotency_key_in_use"));
    for (TestApi replica : List.of(api, second)) {
      again(first, post(replica, key, path, body, "p"));
    }
    assertThat(rows(table)).isEqualTo(1);
    assertThat(post(api, key, path, body.replace("}", ",\"x\":1}"), "p").status()).isEqualTo(422);
    post(api, key, path, body, "q");
    post(api, key, path, body, null);
    assertThat(rows(table)).as("control: another key, and none").isEqualTo(3);
  }

  @Test
  @DisplayName("AGW-15 a message is appended once; the same key for another session is refused")
  void messages() {
    post(api, key, "/v1/sessions", "{\"id\":\"a\"}", null);
    post(api, key, "/v1/sessions", "{\"id\":\"b\"}", null);
    String body = "{\"role\":\"user\",\"content\":\"once\"}";
    Answer first = post(api, key, "/v1/sessions/a/messages", body, "m");
    again(first, post(second, key, "/v1/sessions/a/messages", body, "m"));
    Answer other = post(api, key, "/v1/sessions/b/messages", body, "m");
    assertThat(other.status()).isEqualTo(422);
    assertThat(other.errorCode()).isEqualTo("idempotency_key_reused");
    assertThat(rows("messages")).isEqualTo(1);
  }

  @Test
  @DisplayName("AGW-15 what was refused lets the key go")
  void refused() {
    Answer missing = post(api, key, "/v1/sessions/none/messages", "{}", "r");
    assertThat(missing.status()).isEqualTo(400);
    assertThat(post(api, key, "/v1/sessions", "{\"id\":\"a b\"}", "r").status()).isEqualTo(400);
    assertThat(post(api, key, "/v1/sessions", "{", "r").status()).isEqualTo(400);
    assertThat(rows("idempotency_keys")).isZero();
    assertThat(post(api, key, "/v1/sessions", "{\"id\":\"fine\"}", "r").status()).isEqualTo(201);
    assertThat(post(api, key, "/v1/sessions", "{\"id\":\"fine\"}", "two words").status())
        .isEqualTo(400);
  }

  @ParameterizedTest
  @CsvSource({"/v1/sandboxes, id, access_token", "/sandboxes, sandboxID, envdAccessToken"})
  @DisplayName("AGW-15 SBX-5 a sandbox is made once, and its token is told again though never kept")
  void sandboxes(String path, String id, String token) {
    String body = path.startsWith("/v1") ? "{}" : "{\"templateID\":\"default\"}";
    Answer first = post(api, key, path, body, "s");
    assertThat(first.json().path(token).asText()).as(first.text()).isNotEmpty();
    again(first, post(second, key, path, body, "s"));
    assertThat(
            api.column(
                "select encode(body, 'escape') from hermes.idempotency_keys where tenant_id = '"
                    + tenant.id()
                    + "'"))
        .hasSize(1)
        .allMatch(it -> it.contains(first.json().path(id).asText()))
        .noneMatch(it -> it.contains(first.json().path(token).asText()));

    Answer ran =
        path.startsWith("/v1")
            ? exec(first.json().path(id).asText())
            : post(api, key, path + "/" + first.json().path(id).asText() + "/timeout", "{}", "t");
    assertThat(ran.status()).isIn(200, 400);

    String made = path + "/" + first.json().path(id).asText();
    assertThat(api.send("DELETE", made, key, null, request -> {}).status()).isEqualTo(204);
    Answer ended = post(api, key, path, body, "s");
    assertThat(ended.header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(ended.json().path(id)).isEqualTo(first.json().path(id));
    assertThat(ended.json().has(token)).as("it has ended, nothing opens it").isFalse();
  }

  private Answer exec(String id) {
    String path = "/v1/sandboxes/" + id + "/exec";
    String code = "{\"code\":" + quote("open('n','a').write('x')\nprint(open('n').read())") + "}";
    Answer first = post(api, key, path, code, "e");
    again(first, post(api, key, path, code, "e"));
    assertThat(post(api, key, path, code, "f").text()).as("control: it ran once").contains("xx");
    assertThat(post(api, key, path, code, "g").text()).contains("xxx").doesNotContain("xxxx");
    return first;
  }

  @Test
  @DisplayName("AGW-15 an MCP tool call runs once")
  void mcp() {
    String call =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"bash\","
            + "\"arguments\":{\"code\":\"date +%N\",\"command\":\"date +%N\"}}}";
    Answer first = post(api, key, "/mcp", call, "c");
    again(first, post(second, key, "/mcp", call, "c"));
    assertThat(rows("execution_receipts")).isEqualTo(1);
    assertThat(post(second, key, "/mcp", call, "d").text()).isNotEqualTo(first.text());
  }

  @Test
  @DisplayName("AGW-15 TEN-9 a colleague's key of the same name is another, and so is a stranger's")
  void walls() {
    Answer mine = post(api, key, "/v1/sessions", "{}", "w");
    for (RawKey other : List.of(api.userKey(tenant), api.userKey(api.tenant()))) {
      Answer theirs = post(api, other, "/v1/sessions", "{}", "w");
      assertThat(theirs.status()).isEqualTo(201);
      assertThat(theirs.text()).isNotEqualTo(mine.text());
      assertThat(post(api, other, "/v1/sessions", "{\"title\":\"x\"}", "v").status())
          .isEqualTo(201);
    }
    again(mine, post(api, key, "/v1/sessions", "{}", "w"));
  }

  @Test
  @DisplayName("AGW-15 a request whose replica died is done by its repeat, when the claim is dead")
  void dead() throws Exception {
    post(api, key, "/v1/sessions", "{}", "d");
    try (var superuser = api.database().superuser();
        var statement = superuser.createStatement()) {
      statement.execute(
          "update hermes.idempotency_keys set status = null, body = null, owner = 'req_dead',"
              + " alive_at = now() where tenant_id = '"
              + tenant.id()
              + "'");
    }
    assertThat(post(api, key, "/v1/sessions", "{}", "d").status()).isEqualTo(409);
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(post(api, key, "/v1/sessions", "{}", "d").status()).isEqualTo(201));
    assertThat(rows("sessions")).isEqualTo(2);
  }

  @Test
  @DisplayName("AGW-15 PUT and DELETE repeat well by themselves: a key changes nothing")
  void others() {
    for (int i = 0; i < 2; i++) {
      assertThat(
              api.send(
                      "PUT",
                      "/v1/memories/k",
                      key,
                      "{\"content\":\"" + i + "\"}",
                      request -> request.header("Idempotency-Key", "k"))
                  .status())
          .isIn(200, 201);
    }
    assertThat(rows("idempotency_keys")).isZero();
  }
}

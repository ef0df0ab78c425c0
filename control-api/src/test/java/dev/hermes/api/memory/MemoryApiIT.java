package dev.hermes.api.memory;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.key.RawKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** Memories and profiles over REST. */
class MemoryApiIT {
  private static final TestApi API = TestApi.shared();

  private final TestTenant tenant = API.tenant();
  private final RawKey key = API.userKey(tenant);

  private static Answer put(String path, RawKey by, String body) {
    return API.send("PUT", path, by, body, request -> {});
  }

  private static Answer delete(String path, RawKey by) {
    return API.send("DELETE", path, by, null, request -> {});
  }

  private Answer keep(String name, String content) {
    return put("/v1/memories/" + name, key, "{\"content\":" + TestApi.quote(content) + "}");
  }

  private List<String> keys(String query) {
    return API.get("/v1/memories" + query, key).json().path("data").findValuesAsText("key");
  }

  private List<String> audit() {
    return API.column(
        "select action || ' ' || object from hermes.audit_log where tenant_id = '%s' order by audit_id"
            .formatted(tenant.id()));
  }

  private long number(String what) {
    return Long.parseLong(
        API.column(
                "select count(*) from hermes.%s and tenant_id = '%s'".formatted(what, tenant.id()))
            .getFirst());
  }

  private void fill(String user, int count, String content) {
    try (var superuser = API.database().superuser()) {
      superuser
          .createStatement()
          .execute(
              ("insert into hermes.memories (tenant_id, user_id, key, content, updated_at)"
                      + " select '%s', '%s', 'k' || i, '%s', now() - make_interval(secs => i)"
                      + " from generate_series(1, %d) i")
                  .formatted(tenant.id(), user, content, count));
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @DisplayName("AGW-10 a memory is new, changed, shown, deleted; each write has its audit row")
  void life() {
    Answer made = keep("tea.kind_1-a", "gr\u00fcn \uD83C\uDF75\nhot");
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    assertThat(made.json().path("object").asText()).isEqualTo("memory");
    Answer changed = keep("tea.kind_1-a", "black");
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.json().path("created_at")).isEqualTo(made.json().path("created_at"));
    assertThat(changed.json().path("updated_at")).isNotEqualTo(made.json().path("updated_at"));
    JsonNode got = API.get("/v1/memories/tea.kind_1-a", key).json();
    assertThat(got).isEqualTo(changed.json());
    assertThat(got.path("content").asText()).isEqualTo("black");
    assertThat(delete("/v1/memories/tea.kind_1-a", key).status()).isEqualTo(204);
    assertThat(API.get("/v1/memories/tea.kind_1-a", key).errorCode()).isEqualTo("not_found");
    assertThat(delete("/v1/memories/tea.kind_1-a", key).status()).isEqualTo(404);
    assertThat(audit())
        .containsExactly(
            "memory.set memory:tea.kind_1-a",
            "memory.set memory:tea.kind_1-a",
            "memory.delete memory:tea.kind_1-a");
  }

  @Test
  @DisplayName("AGW-10 one profile a user: set, shown as it is, replaced, deleted")
  void profile() {
    assertThat(API.get("/v1/profile", key).status()).isEqualTo(404);
    String document = "{\"name\":\"Ann \u00fc\",\"likes\":[\"tea\",{\"much\":true}],\"age\":41}";
    Answer set = put("/v1/profile", key, "{\"document\":" + document + "}");
    assertThat(set.status()).as(set.text()).isEqualTo(200);
    JsonNode got = API.get("/v1/profile", key).json();
    assertThat(got.at("/document/likes/1/much").asBoolean()).isTrue();
    assertThat(got.at("/document/name").asText()).isEqualTo("Ann \u00fc");
    put("/v1/profile", key, "{\"document\":{}}");
    assertThat(API.get("/v1/profile", key).json().path("document").isEmpty()).isTrue();
    assertThat(delete("/v1/profile", key).status()).isEqualTo(204);
    assertThat(delete("/v1/profile", key).status()).isEqualTo(404);
    assertThat(audit())
        .containsExactly("profile.set profile", "profile.set profile", "profile.delete profile");
  }

  @Test
  @DisplayName("AGW-10 page by page, newest first, each entry once")
  void pages() {
    for (int i = 0; i < 7; i++) {
      keep("k" + i, "note");
    }
    keep("k2", "changed");
    assertThat(walk("/v1/memories?limit=3"))
        .containsExactly("k2", "k6", "k5", "k4", "k3", "k1", "k0");
    assertThat(keys("")).hasSize(7);
  }

  @Test
  @DisplayName("AGW-10 search finds words in any order, phrases and names of keys, the best first")
  void search() {
    keep("weather", "it may rain, and the cat stays in");
    keep("pets", "one cat, the other cat, a third cat");
    keep("cat", "the animal of the house");
    keep("dog", "a friendly neighbour");
    assertThat(keys("?q=cat")).containsExactly("cat", "pets", "weather");
    assertThat(keys("?q=stays+rain")).containsExactly("weather");
    assertThat(keys("?q=%22third+cat%22")).containsExactly("pets");
    assertThat(keys("?q=cat+-rain")).containsExactly("cat", "pets");
    assertThat(keys("?q=dog+or+rain")).hasSize(2);
    assertThat(keys("?q=absent")).isEmpty();
    assertThat(keys("?q=,")).isEmpty();
    assertThat(keys("?q=")).as("no words, no search").hasSize(4);
    assertThat(walk("/v1/memories?q=cat&limit=1")).containsExactly("cat", "pets", "weather");
    keep("my-home.town", "Z\u00fcrich");
    assertThat(keys("?q=z%C3%BCrich")).containsExactly("my-home.town");
    assertThat(keys("?q=town")).containsExactly("my-home.town");
  }

  private List<String> walk(String path) {
    List<String> seen = new ArrayList<>();
    String next = "";
    do {
      JsonNode page = API.get(path + next, key).json();
      page.path("data").forEach(memory -> seen.add(memory.path("key").asText()));
      next = page.path("has_more").asBoolean() ? "&after=" + page.path("next").asText() : "";
    } while (!next.isEmpty());
    return seen;
  }

  @Test
  @DisplayName("AGW-10 a thousand memories a user and no more, also when many come at once")
  void full() {
    fill("key:" + key.keyId(), 995, "x");
    List<Integer> statuses =
        IntStream.range(0, 12)
            .mapToObj(i ->
                CompletableFuture.supplyAsync(
                    () -> keep("more" + i, "x").status(), task -> Thread.ofVirtual().start(task)))
            .toList()
            .stream()
            .map(CompletableFuture::join)
            .toList();
    assertThat(statuses).containsOnly(201, 409);
    assertThat(statuses.stream().filter(it -> it == 201)).hasSize(5);
    assertThat(number("memories where key <> ''")).isEqualTo(1000);
    Answer refused = keep("one-more", "x");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.errorCode()).isEqualTo("memories_full");
    assertThat(keep("k1", "changed").status()).as("what is there may change").isEqualTo(200);
    RawKey other = API.userKey(tenant);
    assertThat(put("/v1/memories/k", other, "{\"content\":\"x\"}").status())
        .as("control: another user")
        .isEqualTo(201);
    delete("/v1/memories/k2", key);
    assertThat(keep("one-more", "x").status()).isEqualTo(201);
  }

  @Test
  @DisplayName("AGW-10 8 KiB of UTF-8 a memory and 16 KiB a profile, to the byte")
  void bounds() {
    String largest = "\u00fc".repeat(4096);
    assertThat(keep("largest", largest).status()).isEqualTo(201);
    assertThat(API.get("/v1/memories/largest", key).json().path("content").asText())
        .isEqualTo(largest);
    Answer larger = keep("larger", largest + "a");
    assertThat(larger.status()).isEqualTo(400);
    assertThat(larger.json().at("/error/param").asText()).isEqualTo("content");
    assertThat(larger.text()).contains("8192", "8193");

    String document = "{\"a\":\"%s\"}";
    String most = document.formatted("x".repeat(16384 - 8));
    assertThat(put("/v1/profile", key, "{\"document\":" + most + "}").status()).isEqualTo(200);
    String more = document.formatted("x".repeat(16384 - 7));
    assertThat(put("/v1/profile", key, "{\"document\":" + more + "}").status()).isEqualTo(400);
    assertThat(keep("k".repeat(128), "x").status()).isEqualTo(201);
  }

  @Test
  @DisplayName(
      "TEN-12 TEN-9 another's is not there, for colleague and stranger; admin and auditor see it")
  void others() {
    keep("secret", "canary");
    put("/v1/profile", key, "{\"document\":{\"bird\":\"canary\"}}");
    RawKey colleague = API.userKey(tenant);
    RawKey stranger = API.userKey(API.tenant());
    for (RawKey other : List.of(colleague, stranger)) {
      Answer foreign = API.get("/v1/memories/secret", other);
      assertThat(foreign.status()).isEqualTo(404);
      assertThat(foreign.json().path("error"))
          .isEqualTo(API.get("/v1/memories/nowhere", other).json().path("error"));
      assertThat(delete("/v1/memories/secret", other).status()).isEqualTo(404);
      assertThat(API.get("/v1/memories?q=canary", other).json().path("data")).isEmpty();
      assertThat(API.get("/v1/profile", other).status()).isEqualTo(404);
      assertThat(delete("/v1/profile", other).status()).isEqualTo(404);
      assertThat(put("/v1/memories/secret", other, "{\"content\":\"own\"}").status())
          .as("the same name of another user is another memory")
          .isEqualTo(201);
    }
    assertThat(API.get("/v1/memories/secret", key).text()).as("control").contains("canary");

    String user = "key:" + key.keyId();
    RawKey auditor = API.operator().key(tenant, List.of(Role.AUDITOR), List.of(Scope.AUDIT));
    RawKey admin =
        API.operator().key(tenant, List.of(Role.ADMIN), List.of(Scope.READ, Scope.WRITE));
    RawKey foreign = API.operator().key(API.tenant(), List.of(Role.ADMIN), List.of(Scope.READ));
    for (String path :
        List.of("/v1/memories/secret?user=", "/v1/memories?user=", "/v1/profile?user=")) {
      assertThat(API.get(path + user, colleague).status()).isEqualTo(403);
      assertThat(API.get(path + user, auditor).text()).as(path).contains("canary");
      assertThat(API.get(path + user, admin).text()).as(path).contains("canary");
      assertThat(API.get(path + user, foreign).text()).as(path).doesNotContain("canary");
    }
    String asked = "/v1/memories/secret?user=" + user;
    for (RawKey by : List.of(auditor, colleague)) {
      assertThat(put(asked, by, "{\"content\":\"theirs\"}").status()).isEqualTo(403);
      assertThat(delete(asked, by).status()).isEqualTo(403);
      assertThat(put("/v1/profile?user=" + user, by, "{\"document\":{}}").status()).isEqualTo(403);
    }
    assertThat(put(asked, admin, "{\"content\":\"put right\"}").status()).isEqualTo(200);
    assertThat(API.get("/v1/memories/secret", key).text()).contains("put right");
    assertThat(
            API.column(
                "select actor || ' ' || (detail ->> 'owner') from hermes.audit_log where tenant_id = '%s' and actor = 'key:%s'"
                    .formatted(tenant.id(), admin.keyId())))
        .containsExactly("key:" + admin.keyId() + " " + user);
    assertThat(delete(asked, admin).status()).isEqualTo(204);
  }

  @Test
  @DisplayName("IAM-11 reading takes read, writing takes write, each alone")
  void scopes() {
    RawKey writer = API.operator().key(tenant, List.of(Role.USER), List.of(Scope.WRITE));
    RawKey reader = API.operator().key(tenant, List.of(Role.USER), List.of(Scope.READ));
    assertThat(put("/v1/memories/k", writer, "{\"content\":\"x\"}").status()).isEqualTo(201);
    assertThat(API.get("/v1/memories/k", writer).status()).isEqualTo(403);
    assertThat(delete("/v1/memories/k", writer).status()).isEqualTo(204);
    assertThat(put("/v1/memories/k", reader, "{\"content\":\"x\"}").status()).isEqualTo(403);
    assertThat(API.get("/v1/memories", reader).status()).isEqualTo(200);
  }

  @Test
  @DisplayName(
      "AGW-10 what a memory or profile says is in no log line, DEBUG too, nor in the audit")
  void silent() {
    Logger root = (Logger) LoggerFactory.getLogger("dev.hermes");
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    root.addAppender(log);
    root.setLevel(Level.DEBUG);
    String canary = "canary7f3a";
    try {
      keep("bird", canary);
      keep("bird", canary + "\u0000");
      keep("bird", canary + "x".repeat(9000));
      put("/v1/profile", key, "{\"document\":{\"a\":\"" + canary + "\"}}");
      put("/v1/profile", key, "{\"document\":\"" + canary + "\"}");
      API.get("/v1/memories?q=" + canary, key);
      API.chat(key, TestApi.ask("fake-500", "x"), "X-Hermes-Memory", "on");
      API.chat(
          key,
          TestApi.ask(
              "fake-memory", "{\"action\":\"set\",\"key\":\"b\",\"content\":\"" + canary + "\"}"),
          "X-Hermes-Memory",
          "on");
      assertThat(API.get("/v1/memories/b", key).text()).as("control").contains(canary);
    } finally {
      root.setLevel(null);
      root.detachAppender(log);
    }
    assertThat(List.copyOf(log.list))
        .allSatisfy(event -> assertThat(event.getFormattedMessage()).doesNotContain(canary));
    assertThat(number("memories t where t::text like '%" + canary + "%'"))
        .as("control")
        .isPositive();
    for (String table : List.of("audit_log", "execution_receipts", "usage_records")) {
      assertThat(number(table + " t where t::text like '%" + canary + "%'")).as(table).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/v1/memories/a%20b | `{\"content\":\"x\"}` | key",
        "/v1/memories/a%2Fb | `{\"content\":\"x\"}` | key",
        "/v1/memories/%2E%2E%2E%00 | `{\"content\":\"x\"}` | key",
        "/v1/memories/k | `{\"content\":\"\"}` | content",
        "/v1/memories/k | `{}` | content",
        "/v1/memories/k | `{\"content\":\"a\\u0000\"}` | content",
        "/v1/memories/k | `{\"content\":\"a\\ud800\"}` | content",
        "/v1/profile | `{}` | document",
        "/v1/profile | `{\"document\":[]}` | document",
        "/v1/profile | `{\"document\":{\"a\":[\"\\u0000\"]}}` | document",
        "/v1/profile | `{\"document\":{\"\\ud800\":1}}` | document",
        "/v1/memories?limit=0 | `` | limit",
        "/v1/memories?limit=101 | `` | limit",
        "/v1/memories?after=zz | `` | after",
        "/v1/memories?after=MCA5OTk5LTAxLTAxVDAwOjAwOjAxWiBr | `` | after",
        "/v1/memories?q=%00 | `` | q"
      })
  @DisplayName("AGW-10 what is wrong is said, with its member")
  void wrong(String path, String body, String param) {
    Answer answer = body.isEmpty() ? API.get(path, key) : put(path, key, body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.json().at("/error/param").asText()).isEqualTo(param);
  }
}

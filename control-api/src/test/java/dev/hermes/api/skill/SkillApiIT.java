package dev.hermes.api.skill;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.key.RawKey;
import java.net.URI;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Skills over REST. */
class SkillApiIT {
  private static final TestApi API = TestApi.shared();

  private final TestTenant tenant = API.tenant();
  private final RawKey key = API.userKey(tenant);

  private static Answer install(RawKey by, String name, String text, String... members) {
    String document =
        "---\nname: " + name + "\ndescription: For " + name + ".\n---\n" + text + "\n";
    return API.post(
        "/v1/skills",
        by,
        "{\"document\":"
            + TestApi.quote(document)
            + (members.length == 0 ? "" : "," + String.join(",", members))
            + "}");
  }

  private static Answer delete(String path, RawKey by) {
    return API.send("DELETE", path, by, null, request -> {});
  }

  private RawKey admin(TestTenant of) {
    return API.operator().key(of, List.of(Role.ADMIN), List.of(Scope.READ, Scope.WRITE));
  }

  private static List<String> names(String query, RawKey by) {
    return API.get("/v1/skills" + query, by).json().path("data").findValuesAsText("name");
  }

  private List<String> audit() {
    return API.column(
        "select action || ' ' || object || ' ' || (detail ->> 'owner') from hermes.audit_log where tenant_id = '%s' order by audit_id"
            .formatted(tenant.id()));
  }

  private void fill(String user, int count) {
    try (var superuser = API.database().superuser()) {
      superuser
          .createStatement()
          .execute(
              ("insert into hermes.skills (tenant_id, user_id, name, description, sandbox_required, document)"
                      + " select '%s', '%s', 'k' || i, 'd', false, 'x' from generate_series(1, %d) i")
                  .formatted(tenant.id(), user, count));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @DisplayName("AGW-9 a skill is installed, replaced, shown, removed; each write has its audit row")
  void life() {
    Answer made = install(key, "report", "one");
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    assertThat(made.json().path("object").asText()).isEqualTo("skill");
    assertThat(made.json().path("owner").asText()).isEqualTo("user");
    Answer changed = install(key, "report", "two");
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.json().path("created_at")).isEqualTo(made.json().path("created_at"));
    JsonNode got = API.get("/v1/skills/report", key).json();
    assertThat(got.path("document").asText()).endsWith("---\ntwo\n");
    assertThat(got.path("sandbox").asText()).isEqualTo("optional");
    assertThat(got.has("timeout")).isFalse();
    assertThat(delete("/v1/skills/report", key).status()).isEqualTo(204);
    assertThat(API.get("/v1/skills/report", key).errorCode()).isEqualTo("not_found");
    assertThat(delete("/v1/skills/report", key).status()).isEqualTo(404);
    assertThat(audit())
        .containsExactly(
            "skill.set skill:report user",
            "skill.set skill:report user",
            "skill.delete skill:report user");
  }

  @Test
  @DisplayName("SBX-11 what a document says of sandbox, tools and time is shown, in lists too")
  void metadata() {
    String document =
        "---\nname: careful\ndescription: d\nsandbox: required\nallowed-tools: python bash\n"
            + "sandbox_tools: [python]\ntimeout: 9\n---\nbody";
    API.post("/v1/skills", key, "{\"document\":" + TestApi.quote(document) + "}");
    JsonNode listed = API.get("/v1/skills", key).json().at("/data/0");
    assertThat(listed.path("sandbox").asText()).isEqualTo("required");
    assertThat(listed.path("allowed_tools")).hasSize(2);
    assertThat(listed.at("/sandbox_tools/0").asText()).isEqualTo("python");
    assertThat(listed.path("timeout").asInt()).isEqualTo(9);
    assertThat(listed.path("bytes").asInt()).isEqualTo(document.length());
    assertThat(listed.has("document")).isFalse();
  }

  @Test
  @DisplayName("AGW-9 A's skill is unknown to B: to a colleague and to another tenant; A sees it")
  void isolation() {
    install(key, "secret", "canary");
    RawKey colleague = API.userKey(tenant);
    RawKey stranger = API.userKey(API.tenant());
    for (RawKey other : List.of(colleague, stranger, admin(tenant), admin(API.tenant()))) {
      Answer foreign = API.get("/v1/skills/secret", other);
      assertThat(foreign.status()).isEqualTo(404);
      assertThat(foreign.json().path("error"))
          .isEqualTo(API.get("/v1/skills/nowhere", other).json().path("error"));
      assertThat(names("", other)).isEmpty();
      assertThat(delete("/v1/skills/secret", other).status()).isEqualTo(404);
      assertThat(install(other, "secret", "own").status())
          .as("the same name of another is another skill")
          .isEqualTo(201);
    }
    assertThat(API.get("/v1/skills/secret", key).text()).as("control").contains("canary");
    assertThat(names("", key)).as("control").containsExactly("secret");
  }

  @Test
  @DisplayName(
      "AGW-9 the tenant's skills are its admins' and owners' to write; a user's own shadows")
  void tenantWide() {
    String wide = "\"owner\":\"tenant\"";
    Answer refused = install(key, "house", "theirs", wide);
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.errorCode()).isEqualTo("insufficient_role");
    RawKey admin = admin(tenant);
    RawKey owner =
        API.operator().key(tenant, List.of(Role.OWNER), List.of(Scope.READ, Scope.WRITE));
    assertThat(install(admin, "house", "rules of the house", wide).status()).isEqualTo(201);
    assertThat(install(owner, "house", "rules of the house", wide).status()).isEqualTo(200);
    RawKey colleague = API.userKey(tenant);
    assertThat(API.get("/v1/skills/house", key).text()).contains("rules of the house");
    assertThat(API.get("/v1/skills/house", API.userKey(API.tenant())).status()).isEqualTo(404);

    assertThat(install(key, "house", "my own").status()).isEqualTo(201);
    assertThat(API.get("/v1/skills/house", key).text()).contains("my own");
    assertThat(API.get("/v1/skills/house?owner=tenant", key).text()).contains("rules of the");
    assertThat(API.get("/v1/skills/house", colleague).text()).contains("rules of the house");
    assertThat(names("", key)).containsExactly("house");
    assertThat(names("?owner=user", colleague)).isEmpty();
    assertThat(names("?owner=tenant", colleague)).containsExactly("house");
    assertThat(delete("/v1/skills/house?owner=tenant", key).status()).isEqualTo(403);
    assertThat(delete("/v1/skills/house", key).status()).isEqualTo(204);
    assertThat(API.get("/v1/skills/house", key).text()).contains("rules of the house");
    assertThat(delete("/v1/skills/house?owner=tenant", admin).status()).isEqualTo(204);
    assertThat(API.get("/v1/skills/house", key).status()).isEqualTo(404);
  }

  @Test
  @DisplayName("AGW-9 page by page, the one that was installed last first, each once")
  void pages() {
    for (int i = 0; i < 5; i++) {
      install(key, "k" + i, "x");
    }
    install(admin(tenant), "wide", "x", "\"owner\":\"tenant\"");
    install(key, "k2", "changed");
    List<String> seen = new ArrayList<>();
    String next = "";
    do {
      JsonNode page = API.get("/v1/skills?limit=2" + next, key).json();
      page.path("data").forEach(it -> seen.add(it.path("name").asText()));
      next = page.path("has_more").asBoolean() ? "&after=" + page.path("next").asText() : "";
    } while (!next.isEmpty());
    assertThat(seen).containsExactly("k2", "wide", "k4", "k3", "k1", "k0");
  }

  @Test
  @DisplayName("AGW-9 fifty skills a user and a hundred a tenant, then a clear 409")
  void full() {
    fill("key:" + key.keyId(), 49);
    fill("", 99);
    RawKey admin = admin(tenant);
    String wide = "\"owner\":\"tenant\"";
    assertThat(install(key, "last", "x").status()).isEqualTo(201);
    assertThat(install(admin, "last", "x", wide).status()).isEqualTo(201);
    Answer refused = install(key, "more", "x");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.errorCode()).isEqualTo("skills_full");
    assertThat(refused.text()).contains("50 skills of this user");
    assertThat(install(admin, "more", "x", wide).text()).contains("100 skills of this tenant");
    assertThat(install(key, "last", "y").status()).as("what is there may change").isEqualTo(200);
    assertThat(install(API.userKey(tenant), "more", "x").status()).as("control").isEqualTo(201);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "..",
        "../x",
        "../../etc/passwd",
        "%2e%2e",
        "%2e%2e%2fx",
        "..%2fx",
        "a%2Fb",
        "a%5Cb",
        "A",
        "x..y",
        "%2Fetc%2Fpasswd",
        "a%00",
        "valid%2F..%2F..%2Fescape",
        "%252e%252e",
        "a.b",
        "-a"
      })
  @DisplayName("AGW-9 traversal names are refused on every route, and find nothing")
  void traversal(String name) {
    install(key, "x", "canary");
    for (String method : List.of("GET", "DELETE")) {
      Answer answer = raw(method, "/v1/skills/" + name);
      assertThat(answer.status()).as(method + " " + answer.text()).isIn(400, 404, 405);
      assertThat(answer.text()).doesNotContain("canary");
    }
    String decoded = java.net.URLDecoder.decode(name, java.nio.charset.StandardCharsets.UTF_8);
    Answer installed =
        API.post(
            "/v1/skills",
            key,
            "{\"document\":"
                + TestApi.quote("---\nname: '" + decoded + "'\ndescription: d\n---\nbody")
                + "}");
    assertThat(installed.status()).as(installed.text()).isEqualTo(400);
    assertThat(names("", key)).as("control: what has a name is there").containsExactly("x");
  }

  private Answer raw(String method, String path) {
    return API.send(
        API.request(path, key)
            .uri(URI.create("http://127.0.0.1:" + API.port() + path))
            .method(method, java.net.http.HttpRequest.BodyPublishers.noBody())
            .build());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"document\":1}",
        "{\"document\":\"no head\"}",
        "{\"document\":\"---\\nname: a\\ndescription: d\\nsandbx: required\\n---\\nb\"}",
        "{\"document\":\"---\\nname: a\\ndescription: d\\n---\\nb\\u0000\"}",
        "{\"document\":\"---\\nname: a\\ndescription: d\\n---\\nb\\ud800\"}",
        "{\"document\":\"---\\nname: &a a\\ndescription: *a\\n---\\nb\"}"
      })
  @DisplayName("AGW-9 what is no skill is refused, and the member named")
  void wrong(String body) {
    Answer answer = API.post("/v1/skills", key, body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.json().at("/error/param").asText()).isEqualTo("document");
  }

  @ParameterizedTest
  @ValueSource(strings = {"?owner=all", "/x?owner=", "?limit=0", "?after=zz", "?after=eCB5"})
  @DisplayName("AGW-9 what is wrong in a query is said")
  void query(String query) {
    assertThat(API.get("/v1/skills" + query, key).status()).isEqualTo(400);
  }

  @Test
  @DisplayName("IAM-11 reading takes read, writing takes write, each alone")
  void scopes() {
    RawKey writer = API.operator().key(tenant, List.of(Role.USER), List.of(Scope.WRITE));
    RawKey reader = API.operator().key(tenant, List.of(Role.USER), List.of(Scope.READ));
    assertThat(install(writer, "k", "x").status()).isEqualTo(201);
    assertThat(API.get("/v1/skills/k", writer).status()).isEqualTo(403);
    assertThat(install(reader, "k", "x").status()).isEqualTo(403);
    assertThat(API.get("/v1/skills", reader).status()).isEqualTo(200);
  }
}

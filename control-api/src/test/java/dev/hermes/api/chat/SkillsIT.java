package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.sandbox.LocalPods;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.Tool;
import dev.hermes.database.key.RawKey;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Skills as a model is told of them and uses them, and what they bind a turn to. */
class SkillsIT {
  private static final TestApi API = TestApi.shared();
  private static final String TOOLS = "X-Hermes-Tools";
  private static final String MEMORY = "X-Hermes-Memory";
  private static final String BASH = "[\"bash\",{\"command\":\"echo ran\"}]";
  private static final String PYTHON = "[\"python\",{\"code\":\"print('ran')\"}]";
  private static final String LIST = "[\"memory\",{\"action\":\"list\"}]";

  private TestTenant tenant = API.tenant();
  private RawKey key = API.userKey(tenant);

  private static void install(RawKey by, String name, String head, String... members) {
    String document =
        "---\nname: %s\ndescription: Knows %s.\n%s---\nThe way of %s.\n"
            .formatted(name, name, head, name);
    Answer made =
        API.post(
            "/v1/skills",
            by,
            "{\"document\":"
                + TestApi.quote(document)
                + (members.length == 0 ? "" : "," + String.join(",", members))
                + "}");
    assertThat(made.status()).as(made.text()).isIn(200, 201);
  }

  private static String use(String name) {
    return "[\"skill\",{\"name\":\"" + name + "\"}]";
  }

  /** What the calls have returned, one after the other. */
  private List<String> calls(List<String> calls, String... headers) {
    String text = "[" + String.join(",", calls) + "]";
    Answer answer =
        API.chat(
            key,
            ask("fake-calls", text),
            headers.length > 0 ? headers : new String[] {MEMORY, "on"});
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return List.of(answer.content().split("\n--\n"));
  }

  private List<String> statuses() {
    return API.get("/v1/execution-receipts?limit=100", key)
        .json()
        .path("data")
        .findValuesAsText("status");
  }

  /** What a model was told of skills. */
  private static List<String> told() {
    List<String> lines = new ArrayList<>();
    for (JsonNode message : API.upstream().lastRequest().path("messages")) {
      String text = message.path("content").asText();
      if (message.path("role").asText().equals("system") && text.startsWith("Skills")) {
        text.lines().skip(1).forEach(lines::add);
      }
    }
    return lines;
  }

  private void hello(String... headers) {
    turn(ask("fake-echo", "hello"), headers);
  }

  private void turn(String body, String... headers) {
    assertThat(API.chat(key, body, headers).status()).isEqualTo(200);
  }

  @Test
  @DisplayName(
      "AGW-9 a model is told names and descriptions, calls for the text; a receipt remains")
  void used() {
    install(key, "tea", "");
    RawKey admin = API.operator().key(tenant, List.of(Role.ADMIN), List.of(Scope.WRITE));
    install(admin, "house", "", "\"owner\":\"tenant\"");
    hello();
    assertThat(told())
        .containsExactly(
            "{\"skill\":\"house\",\"description\":\"Knows house.\"}",
            "{\"skill\":\"tea\",\"description\":\"Knows tea.\"}");
    assertThat(API.upstream().lastTools()).contains("skill");
    assertThat(calls(List.of(use("tea"))))
        .containsExactly("{\"skill\":\"tea\",\"sandbox\":\"optional\"}\nThe way of tea.");
    JsonNode receipt = API.get("/v1/execution-receipts?limit=1", key).json().at("/data/0");
    assertThat(receipt.path("tool").asText()).isEqualTo("skill");
    assertThat(receipt.path("status").asText()).isEqualTo("succeeded");
    assertThat(calls(List.of(use("coffee"), use("../tea"), use("TEA"), "[\"skill\",{}]")))
        .satisfiesExactly(
            text -> assertThat(text).isEqualTo("error: there is no skill coffee"),
            text -> assertThat(text).contains("The name of a skill is"),
            text -> assertThat(text).contains("The name of a skill is"),
            text -> assertThat(text).contains("The name of a skill is"));
    hello(SESSION, UUID.randomUUID().toString());
    assertThat(told()).as("in a session too").hasSize(2);
  }

  private static final String SESSION = "X-Hermes-Session-Id";

  @Test
  @DisplayName("AGW-9 A's skill is unknown to B's model, colleague or stranger")
  void isolation() {
    install(key, "secret", "");
    assertThat(calls(List.of(use("secret"))).getFirst()).as("control").contains("The way of");
    RawKey colleague = API.userKey(tenant);
    RawKey stranger = API.userKey(API.tenant());
    for (RawKey other : List.of(colleague, stranger)) {
      key = other;
      hello();
      assertThat(told()).isEmpty();
      assertThat(API.upstream().lastTools()).doesNotContain("skill");
      assertThat(calls(List.of(use("secret"))).getFirst()).contains("no tool named skill");
      install(other, "mine", "");
      assertThat(calls(List.of(use("secret"))).getFirst()).contains("no skill secret");
    }
  }

  @Test
  @DisplayName("AGW-9 no skill, nothing said, and no statement; control: with one there is")
  void cost() {
    String session = UUID.randomUUID().toString();
    hello(SESSION, session);
    long before = statements();
    hello();
    hello(SESSION, session);
    assertThat(statements()).isEqualTo(before);
    assertThat(told()).isEmpty();
    assertThat(API.upstream().lastTools()).doesNotContain("skill");
    install(key, "tea", "");
    before = statements();
    hello();
    assertThat(told()).as("at once").hasSize(1);
    assertThat(statements()).as("control").isGreaterThan(before);
  }

  private static long statements() {
    return API
        .context()
        .getBean(MeterRegistry.class)
        .find("hermes_store_operation_duration")
        .tag("store", "skills")
        .tag("operation", "select")
        .timers()
        .stream()
        .mapToLong(Timer::count)
        .sum();
  }

  @Test
  @DisplayName("AGW-9 a first skill is seen at once by a replica that knew of none")
  void replicas() {
    try (TestApi second = API.replica(Map.of())) {
      assertThat(second.chat(key, ask("fake-echo", "hello")).status()).isEqualTo(200);
      assertThat(second.upstream().lastRequest().path("messages")).hasSize(1);
      install(key, "tea", "");
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> {
            second.chat(key, ask("fake-echo", "hello"));
            assertThat(second.upstream().lastRequest().path("messages")).hasSize(2);
          });
    }
  }

  @Test
  @DisplayName("AGW-9 what a skill says is in no receipt and no audit row")
  void silent() {
    install(key, "canary7f3a", "");
    calls(List.of(use("canary7f3a")));
    for (String table : List.of("audit_log", "execution_receipts", "usage_records")) {
      assertThat(rows(table, "way of canary7f3a")).as(table).isEmpty();
    }
    assertThat(rows("skills", "way of canary7f3a")).as("control").hasSize(1);
    assertThat(rows("audit_log", "skill:canary7f3a")).as("control").hasSize(1);
  }

  private List<String> rows(String table, String text) {
    return API.column(
        "select 'x' from hermes.%s t where tenant_id = '%s' and t::text like '%%%s%%'"
            .formatted(table, tenant.id(), text));
  }

  @Test
  @DisplayName("AGW-9 8 KiB of skills, the newest first, each whole")
  void bounded() {
    for (int i = 0; i < 12; i++) {
      String document = "---\nname: k%d\ndescription: %s\n---\nx".formatted(i, "y".repeat(1000));
      API.post("/v1/skills", key, "{\"document\":" + TestApi.quote(document) + "}");
    }
    hello();
    assertThat(told()).hasSize(7).first().asString().contains("\"k11\"");
    assertThat(String.join("\n", told()).length()).isLessThan(8192);
    assertThat(calls(List.of(use("k0"))).getFirst()).as("unlisted, not gone").endsWith("x");
  }

  @Test
  @DisplayName("AGW-9 narrowing leaves it out as any tool, and a client's function stands in front")
  void narrowed() {
    install(key, "tea", "");
    hello(TOOLS, "python");
    assertThat(told()).isEmpty();
    assertThat(API.upstream().lastTools()).containsExactly("python");
    hello(TOOLS, "skill");
    assertThat(API.upstream().lastTools()).as("control").containsExactly("skill");
    turn(ask("fake-echo", "hello", "\"tool_choice\":\"none\""));
    assertThat(told()).isEmpty();
    assertThat(API.upstream().lastTools()).isEmpty();
    String own =
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"skill\",\"parameters\":{\"type\":\"object\"}}}]";
    turn(ask("fake-echo", "hello", own));
    assertThat(told()).isEmpty();
    assertThat(API.upstream().lastTools()).containsOnlyOnce("skill");
  }

  @Test
  @DisplayName("SBX-11 a skill's tool list applies from its call on: others are refused, and gone")
  void toolList() {
    install(key, "snake", "allowed-tools: python\n");
    List<String> results = calls(List.of(BASH, use("snake"), BASH, LIST, PYTHON));
    assertThat(results.get(0)).as("control: before it").isEqualTo("ran");
    assertThat(results.get(1)).contains("\"allowed_tools\":[\"python\"]");
    assertThat(results.get(2)).contains("the skill snake", "does not allow the tool bash");
    assertThat(results.get(3)).contains("does not allow the tool memory");
    assertThat(results.get(4)).isEqualTo("ran");
    assertThat(statuses())
        .containsExactly("succeeded", "refused", "refused", "succeeded", "succeeded");
    assertThat(API.upstream().lastTools()).containsExactlyInAnyOrder("python", "skill");
  }

  @Test
  @DisplayName(
      "SBX-11 a skill's timeout goes to the sandbox; control: without it the run ends well")
  void timeout() {
    install(key, "hasty", "timeout: 1\n");
    String slow = "[\"bash\",{\"command\":\"sleep 3; echo ended\"}]";
    List<String> results = calls(List.of(slow, use("hasty"), slow));
    assertThat(results.get(0)).as("control").isEqualTo("ended");
    assertThat(results.get(2)).contains("TimeoutError").doesNotContain("ended");
    assertThat(statuses()).containsExactly("timeout", "succeeded", "succeeded");
  }

  @Test
  @DisplayName(
      "SBX-11 a skill's timeout binds files as well; control: without it the call is waited for")
  void filesTimeout() throws Exception {
    tenant = API.operator().apply(TestTenant.create().withTools(List.of(Tool.BASH, Tool.FILES)));
    key = API.userKey(tenant);
    install(key, "hasty", "timeout: 1\n");
    String list = "[\"files\",{\"action\":\"list\",\"path\":\".\"}]";
    String[] session = {SESSION, UUID.randomUUID().toString()};
    assertThat(calls(List.of(BASH, list), session).getLast()).doesNotContain("rror");
    LocalPods pods = API.context().getBean(LocalPods.class);
    String pod =
        API.column(
                "select pod_name from hermes.sandbox_leases where tenant_id = '"
                    + tenant.id()
                    + "'")
            .getFirst();
    pods.halt(pod);
    try {
      List<String> results = calls(List.of(use("hasty"), list), session);
      assertThat(results.get(1)).contains("TimeoutError: .: not within the time");
      assertThat(statuses()).startsWith("timeout", "succeeded");
      var patient = CompletableFuture.supplyAsync(() -> calls(List.of(list), session));
      // longer than the skill would have let it wait
      Thread.sleep(2_500);
      assertThat(patient).isNotDone();
      pods.goOn(pod);
      assertThat(patient.get(20, TimeUnit.SECONDS).getFirst()).isNotEmpty().doesNotContain("rror");
    } finally {
      pods.goOn(pod);
    }
  }

  @Test
  @DisplayName("SBX-11 where a sandbox is required nothing runs outside it; it runs inside")
  void required() {
    install(key, "inside", "sandbox: required\nsandbox_tools: [bash]\n");
    hello();
    assertThat(told()).hasSize(1);
    List<String> results = calls(List.of(LIST, use("inside"), LIST, PYTHON, BASH));
    assertThat(results.get(0)).as("control: before it").isEqualTo("(none)");
    assertThat(results.get(1)).contains("The way of inside.");
    assertThat(results.get(2)).contains("does not allow the tool memory");
    assertThat(results.get(3)).contains("does not allow the tool python");
    assertThat(results.get(4)).isEqualTo("ran");
    assertThat(API.upstream().lastTools()).containsExactlyInAnyOrder("bash", "skill");
  }

  @Test
  @DisplayName("SBX-11 without a sandbox such a skill is not offered, and fails closed by its name")
  void noSandbox() {
    install(key, "inside", "sandbox: required\nsandbox_tools: [python]\n");
    withheld("narrows it to", TOOLS, "memory,skill");
    withheld("narrows it to", TOOLS, "bash,skill");

    tenant = API.operator().apply(TestTenant.create().withPolicies(List.of()));
    key = API.userKey(tenant);
    install(key, "inside", "sandbox: required\n");
    withheld("no policy for sandboxes");

    tenant =
        API.operator()
            .apply(
                TestTenant.create()
                    .withPolicies(
                        List.of(TestTenant.policy(TestTenant.limits(50), "gvisor is missing"))));
    key = API.userKey(tenant);
    install(key, "inside", "sandbox: required\n");
    withheld("gvisor is missing");
  }

  private void withheld(String why, String... headers) {
    API.send("DELETE", "/v1/skills/open", key, null, request -> {});
    hello(headers);
    assertThat(told()).isEmpty();
    assertThat(API.upstream().lastTools()).doesNotContain("skill");
    assertThat(calls(List.of(use("inside")), headers).getFirst()).contains("no tool named skill");

    install(key, "open", "");
    hello(headers);
    assertThat(told()).as("control: another is").hasSize(1).first().asString().contains("open");
    List<String> results = calls(List.of(use("inside"), use("open")), headers);
    assertThat(results.getFirst()).contains("only run in a sandbox", why).doesNotContain("The way");
    assertThat(results.getLast()).as("control").contains("The way of open");
    assertThat(statuses()).startsWith("succeeded", "refused");
  }

  @Test
  @DisplayName("SBX-11 a turn that goes on elsewhere is bound as it was, whatever the skill is now")
  void resumed() {
    install(key, "inside", "sandbox: required\ntimeout: 1\n");
    String slow = "[\"bash\",{\"command\":\"sleep 3; echo ended\"}]";
    String body =
        ask("fake-calls", "[" + String.join(",", use("inside"), "\"fail\"", LIST, slow) + "]");
    String[] headers = {MEMORY, "on", "Idempotency-Key", "resumed"};
    assertThat(API.chat(key, body, headers).status()).isGreaterThanOrEqualTo(500);
    install(key, "inside", "");
    Answer answer = API.chat(key, body, headers);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    List<String> results = List.of(answer.content().split("\n--\n"));
    assertThat(results.get(0)).contains("\"sandbox\":\"required\"");
    assertThat(results.get(1)).contains("the skill inside", "does not allow the tool memory");
    assertThat(results.get(2)).contains("TimeoutError");
    assertThat(calls(List.of(use("inside"), LIST)).getLast())
        .as("control: a new turn has the new one")
        .isEqualTo("(none)");
  }

  @Test
  @DisplayName("SBX-11 a later turn of the session has no text of a skill that nothing binds it to")
  void kept() {
    install(key, "inside", "sandbox: required\n");
    String session = UUID.randomUUID().toString();
    List<String> results = calls(List.of(use("inside")), SESSION, session);
    assertThat(results.getFirst()).as("control").contains("The way of inside.");
    hello(SESSION, session);
    String history = API.upstream().lastRequest().path("messages").toString();
    assertThat(history).contains("call for them again");
    JsonNode result =
        API.upstream().lastRequest().path("messages").findParents("tool_call_id").getFirst();
    assertThat(result.path("content").asText()).doesNotContain("The way of");
    assertThat(calls(List.of(LIST), SESSION, session).getFirst()).isEqualTo("(none)");
  }
}

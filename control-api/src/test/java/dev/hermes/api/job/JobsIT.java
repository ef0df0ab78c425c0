package dev.hermes.api.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.Tool;
import dev.hermes.database.key.RawKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Jobs from their request to their end, as their owner sees them. */
class JobsIT {
  private static final TestApi API = TestApi.shared();

  private final TestTenant tenant = API.tenant();
  private final RawKey key = API.userKey(tenant);

  private Answer create(String language, String code, Consumer<ObjectNode> more) {
    ObjectNode body =
        JsonNodeFactory.instance.objectNode().put("language", language).put("code", code);
    more.accept(body);
    return API.post("/v1/jobs", key, body.toString());
  }

  private String job(String language, String code, Consumer<ObjectNode> more) {
    Answer made = create(language, code, more);
    assertThat(made.status()).as(made.text()).isEqualTo(202);
    return made.json().path("id").asText();
  }

  private String job(String language, String code) {
    return job(language, code, body -> {});
  }

  private JsonNode show(String id) {
    Answer answer = API.get("/v1/jobs/" + id, key);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }

  private JsonNode await(String id, String status) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> {
          String now = show(id).path("status").asText();
          return now.equals(status) || !List.of("queued", "running").contains(now);
        });
    JsonNode job = show(id);
    assertThat(job.path("status").asText()).as(job.toString()).isEqualTo(status);
    return job;
  }

  private int delete(String id, RawKey by) {
    return API.send("DELETE", "/v1/jobs/" + id, by, null, request -> {}).status();
  }

  private long number(String sql) throws Exception {
    try (var superuser = API.database().superuser();
        var row = superuser.createStatement().executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  @Test
  @DisplayName(
      "SBX-14 SBX-16 taken, run, shown, listed, removed; its sandbox is in no list and ends")
  void life() throws Exception {
    Answer made =
        create(
            "python",
            "import os\nprint(open('in/data.txt').read(), os.environ['WHO'])\nos.sys.exit(3)",
            body -> {
              body.putObject("inputs").put("in/data.txt", "gr\u00fc\u00dfe");
              body.putObject("environment").put("WHO", "me");
              body.putObject("metadata").put("run", "7");
            });
    assertThat(made.status()).as(made.text()).isEqualTo(202);
    assertThat(made.json().path("status").asText()).isEqualTo("queued");
    assertThat(made.json().path("timeout").asInt()).as("the policy's longest").isEqualTo(3600);
    String id = made.json().path("id").asText();

    JsonNode job = await(id, "failed");
    assertThat(job.path("exit_code").asInt()).isEqualTo(3);
    assertThat(job.path("stdout").asText()).isEqualTo("gr\u00fc\u00dfe me\n");
    assertThat(job.path("stderr").asText()).isEmpty();
    assertThat(job.at("/metadata/run").asText()).isEqualTo("7");
    assertThat(job.path("started_at").asText()).isLessThan(job.path("finished_at").asText());
    assertThat(API.get("/v1/sandboxes", key).json().path("data")).isEmpty();
    JsonNode list = API.get("/v1/jobs", key).json();
    assertThat(list.path("data")).hasSize(1);
    assertThat(list.at("/data/0/id").asText()).isEqualTo(id);
    assertThat(list.at("/data/0").has("stdout")).as("a list is brief").isFalse();
    Awaitility.await()
        .until(() ->
            number(
                    "select count(*) from hermes.sandbox_leases where kind = 'job' and state ="
                        + " 'closed' and tenant_id = '"
                        + tenant.id()
                        + "'")
                == 1);
    assertThat(
            number(
                "select count(*) from hermes.jobs where inputs = '{}' and environment = '{}'"
                    + " and job_id = '"
                    + id
                    + "'"))
        .as("what it was given is forgotten")
        .isOne();

    assertThat(delete(id, key)).isEqualTo(204);
    assertThat(API.get("/v1/jobs/" + id, key).status()).isEqualTo(404);
    assertThat(number("select count(*) from hermes.job_turns where job_id = '" + id + "'"))
        .isZero();
  }

  @Test
  @DisplayName("SBX-14 it runs longer than a call may, in both languages, with input modules")
  void outlivesCalls() {
    String slow = job("bash", "sleep 7; echo done; echo err >&2");
    String module =
        job(
            "python",
            "import helper\nprint(helper.X)",
            body -> body.putObject("inputs").put("helper.py", "X = 41 + 1"));
    assertThat(await(module, "succeeded").path("stdout").asText()).isEqualTo("42\n");
    JsonNode job = await(slow, "succeeded");
    assertThat(job.path("stdout").asText()).isEqualTo("done\n");
    assertThat(job.path("stderr").asText()).isEqualTo("err\n");
    assertThat(job.path("exit_code").asInt()).isZero();
  }

  @Test
  @DisplayName("SBX-14 AUD-2 one receipt a job, begun before it runs, and an audit row each")
  void receipts() {
    String id = job("bash", "sleep 2; echo evidence");
    await(id, "running");
    JsonNode pending = API.get("/v1/execution-receipts?limit=1", key).json().at("/data/0");
    assertThat(pending.path("status").asText()).isEqualTo("pending");
    assertThat(pending.path("id").asText()).isEqualTo(id);
    JsonNode job = await(id, "succeeded");

    JsonNode receipts = API.get("/v1/execution-receipts", key).json().path("data");
    assertThat(receipts).hasSize(1);
    JsonNode receipt = receipts.path(0);
    assertThat(receipt.path("id").asText()).isEqualTo(job.path("receipt_id").asText());
    assertThat(receipt.path("status").asText()).isEqualTo("succeeded");
    assertThat(receipt.path("tool").asText()).isEqualTo("bash");
    assertThat(receipt.path("output_bytes").asLong()).isEqualTo("evidence\n".length());
    assertThat(receipt.path("exit_code").asInt()).isZero();
    assertThat(receipt.path("duration_ms").asLong()).isBetween(2000L, 10_000L);
    assertThat(audited(id)).containsExactly("job.create", "tool.execute");
    delete(id, key);
    assertThat(audited(id)).containsExactly("job.create", "tool.execute", "job.remove");
  }

  private List<String> audited(String id) {
    return API.column(
        "select action from hermes.audit_log where object = 'job:"
            + id
            + "' or detail ->> 'job' = '"
            + id
            + "' order by created_at, audit_id");
  }

  @Test
  @DisplayName("SBX-16 its time is over: ended, with what it said until then")
  void timeout() {
    String id = job("bash", "echo begun; sleep 60; echo never", body -> body.put("timeout", 2));
    JsonNode job = await(id, "timed_out");
    assertThat(job.path("stdout").asText()).isEqualTo("begun\n");
    assertThat(job.path("exit_code").asInt()).isEqualTo(124);
    String stubborn =
        job("bash", "trap '' TERM; while true; do sleep 1; done", body -> body.put("timeout", 1));
    assertThat(await(stubborn, "timed_out").path("exit_code").asInt()).isEqualTo(137);
    String own = job("bash", "exit 124");
    assertThat(await(own, "failed").path("exit_code").asInt()).as("control").isEqualTo(124);
  }

  @Test
  @DisplayName("SBX-14 cancelled while it runs: it and its sandbox end, the receipt says so")
  void cancel(@TempDir Path dir) {
    Path beats = dir.resolve("beats");
    String id = job("bash", "while true; do echo x >>" + beats + "; sleep 0.1; done");
    Awaitility.await().until(() -> Files.exists(beats));
    assertThat(delete(id, key)).isEqualTo(204);
    JsonNode job = show(id);
    assertThat(job.path("status").asText()).isEqualTo("cancelled");
    assertThat(job.path("reason").asText()).isNotEmpty();
    Awaitility.await()
        .until(() -> {
          long before = Files.size(beats);
          Thread.sleep(500);
          return Files.size(beats) == before;
        });
    JsonNode receipt = API.get("/v1/execution-receipts", key).json().at("/data/0");
    assertThat(receipt.path("status").asText()).isEqualTo("failed");
    assertThat(delete(id, key)).as("and removed").isEqualTo(204);
    assertThat(API.get("/v1/jobs/" + id, key).status()).isEqualTo(404);
  }

  @Test
  @DisplayName(
      "SBX-14 the end of long output is kept, as much as the policy says, and that it is cut")
  void tails() {
    JsonNode job =
        await(
            job(
                "python",
                "print('\\u00fc' * 100_000 + 'END')\nimport sys\nsys.stderr.write('a\\0b')"),
            "succeeded");
    assertThat(job.path("stdout").asText()).endsWith("\u00fcEND\n").startsWith("\u00fc");
    assertThat(job.path("stdout").asText().getBytes(java.nio.charset.StandardCharsets.UTF_8).length)
        .isBetween(51_198, 51_200);
    assertThat(job.path("stdout_truncated").asBoolean()).isTrue();
    assertThat(job.path("stderr").asText()).isEqualTo("a\uFFFDb");
    assertThat(job.path("stderr_truncated").asBoolean()).isFalse();
  }

  @Test
  @DisplayName(
      "SBX-16 no sandbox is free: it waits, starts when one is; more than may wait are 429")
  void queue() {
    API.operator().apply(tenant.withMaxSandboxes(1));
    String sandbox =
        Awaitility.await()
            .until(
                () -> API.post("/v1/sandboxes", key, "{}").json().path("id").asText(),
                id -> !id.isEmpty());
    Awaitility.await().until(() -> API.post("/v1/sandboxes", key, "{}").status() == 429);
    String first = job("bash", "echo ran");
    for (int i = 1; i < 32; i++) {
      job("bash", "true");
    }
    Answer full = create("bash", "true", body -> {});
    assertThat(full.status()).as(full.text()).isEqualTo(429);
    assertThat(full.errorCode()).isEqualTo("job_queue_full");
    assertThat(full.header("Retry-After")).isNotEmpty();
    assertThat(show(first).path("status").asText()).isEqualTo("queued");
    assertThat(show(first).has("receipt_id")).as("nothing ran").isFalse();

    API.send("DELETE", "/v1/sandboxes/" + sandbox, key, null, request -> {});
    JsonNode ran = await(first, "succeeded");
    JsonNode left = API.get("/v1/jobs?limit=100", key).json().path("data");
    left.forEach(job -> {
      if (job.has("started_at")) {
        assertThat(started(job)).as("the oldest is the first").isAfterOrEqualTo(started(ran));
      }
      delete(job.path("id").asText(), key);
    });
  }

  private static Instant started(JsonNode job) {
    return Instant.parse(job.path("started_at").asText());
  }

  @Test
  @DisplayName(
      "TEN-1 IAM-8 another user's job and another tenant's do not exist; an admin sees all")
  void others() {
    String id = job("bash", "sleep 20");
    RawKey colleague = API.userKey(tenant);
    RawKey stranger = API.userKey(API.tenant());
    RawKey admin = API.operator().key(tenant, List.of(Role.ADMIN), List.of(Scope.EXECUTE));
    for (RawKey other : List.of(colleague, stranger)) {
      assertThat(API.get("/v1/jobs/" + id, other).status()).isEqualTo(404);
      assertThat(delete(id, other)).isEqualTo(404);
      assertThat(API.get("/v1/jobs", other).json().path("data")).isEmpty();
    }
    assertThat(API.get("/v1/jobs/" + id, admin).status()).as("control").isEqualTo(200);
    assertThat(API.get("/v1/jobs", admin).json().path("data")).hasSize(1);
    assertThat(delete(id, admin)).isEqualTo(204);
    assertThat(show(id).path("status").asText()).isEqualTo("cancelled");
  }

  @Test
  @DisplayName("SBX-16 what kills itself and all around it has failed, and that is said")
  void killed() {
    // the shell around the program is its parent's parent: timeout(1) is between
    String id =
        job(
            "bash",
            "p=$(awk '{print $4}' /proc/$PPID/stat); kill -9 $p; kill -9 $PPID; kill -9 $$");
    JsonNode job = await(id, "failed");
    assertThat(job.path("reason").asText()).contains("killed");
    assertThat(job.has("exit_code")).isFalse();
  }

  @Test
  @DisplayName("SBX-9 TEN-5 a tool that is taken away ends what waits; a suspension ends all")
  void takenAway() {
    API.operator().apply(tenant.withMaxSandboxes(1));
    Awaitility.await()
        .until(() -> {
          String id = job("bash", "sleep 60");
          await(id, "running");
          return true;
        });
    String waits = job("python", "print(1)");
    API.operator().apply(tenant.withMaxSandboxes(1).withTools(List.of(Tool.BASH)));
    Awaitility.await()
        .atMost(Duration.ofSeconds(15))
        .until(() -> {
          String status = show(waits).path("status").asText();
          return status.equals("failed")
              || status.equals("queued") && create("python", "1", body -> {}).status() == 403;
        });
    TestTenant suspended = tenant.withMaxSandboxes(1).withTools(List.of(Tool.BASH)).suspended(true);
    API.operator().apply(suspended);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            number(
                    "select count(*) from hermes.jobs where status in ('queued', 'running') and"
                        + " tenant_id = '"
                        + tenant.id()
                        + "'")
                == 0);
    assertThatCount("cancelled");
  }

  private void assertThatCount(String status) {
    try {
      assertThat(
              number(
                  "select count(*) from hermes.jobs where status = '%s' and tenant_id = '%s'"
                      .formatted(status, tenant.id())))
          .isPositive();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @DisplayName("SBX-8 SBX-10 call-backs and the way out are the policy's, as for any run")
  void callback() {
    String code = "echo ${HERMES_TOKEN:+token} ${HTTP_PROXY:+proxy}";
    assertThat(await(job("bash", code), "succeeded").path("stdout").asText())
        .as("control")
        .isEqualTo("\n");
    API.operator().apply(tenant.withCallback(true));
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            await(job("bash", code), "succeeded").path("stdout").asText().equals("token proxy\n"));
  }

  @ParameterizedTest
  @DisplayName("SBX-14 what cannot be is refused by name")
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|code",
        "{\"code\":\"1\",\"language\":\"perl\"}|language",
        "{\"code\":\"a\\u0000b\"}|code",
        "{\"code\":\"\\ud800\"}|code",
        "{\"code\":\"1\",\"timeout\":0}|timeout",
        "{\"code\":\"1\",\"timeout\":3601}|timeout",
        "{\"code\":\"1\",\"inputs\":{\"../x\":\"1\"}}|inputs",
        "{\"code\":\"1\",\"inputs\":{\"/etc/x\":\"1\"}}|inputs",
        "{\"code\":\"1\",\"inputs\":{\".hermes/exit\":\"1\"}}|inputs",
        "{\"code\":\"1\",\"inputs\":{\"a\":\"\\u0000\"}}|inputs",
        "{\"code\":\"1\",\"artifacts\":[\"a/../../b\"]}|artifacts",
        "{\"code\":\"1\",\"artifacts\":[\"\"]}|artifacts",
        "{\"code\":\"1\",\"environment\":{\"a=b\":\"1\"}}|environment",
        "{\"code\":\"1\",\"metadata\":{\"a\":\"\\u0000\"}}|metadata"
      })
  void refused(String body, String param) {
    Answer answer = API.post("/v1/jobs", key, body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.json().at("/error/param").asText()).isEqualTo(param);
  }

  @Test
  @DisplayName("SBX-9 unknown policy 404, forbidden tool 403, no id 404; pages have cursors")
  void edges() {
    assertThat(create("python", "1", body -> body.put("policy", "none")).status()).isEqualTo(404);
    assertThat(API.get("/v1/jobs/" + UUID.randomUUID(), key).status()).isEqualTo(404);
    assertThat(API.get("/v1/jobs/none", key).status()).isEqualTo(404);
    assertThat(API.get("/v1/jobs?limit=0", key).status()).isEqualTo(400);
    String first = job("bash", "true");
    String second = job("bash", "true");
    JsonNode page = API.get("/v1/jobs?limit=1", key).json();
    assertThat(page.at("/data/0/id").asText()).isEqualTo(second);
    assertThat(page.path("has_more").asBoolean()).isTrue();
    JsonNode rest = API.get("/v1/jobs?limit=1&after=" + page.path("next").asText(), key).json();
    assertThat(rest.at("/data/0/id").asText()).isEqualTo(first);
    assertThat(rest.path("has_more").asBoolean()).isFalse();
    await(first, "succeeded");
    await(second, "succeeded");
  }
}

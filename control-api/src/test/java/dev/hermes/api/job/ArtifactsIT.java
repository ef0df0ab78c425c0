package dev.hermes.api.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The files that jobs leave: which are kept, how they come out, and when they go. */
class ArtifactsIT {
  private static TestApi api;

  private final TestTenant tenant = api.tenant();
  private final RawKey key = api.userKey(tenant);

  @BeforeAll
  static void start() {
    api = TestApi.start(Map.of("hermes.job-keeper", "false"));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private JsonNode ran(RawKey by, String code, String... patterns) {
    ObjectNode body =
        JsonNodeFactory.instance.objectNode().put("language", "bash").put("code", code);
    if (patterns.length > 0) {
      ArrayNode all = body.putArray("artifacts");
      List.of(patterns).forEach(all::add);
    }
    Answer made = api.post("/v1/jobs", by, body.toString());
    assertThat(made.status()).as(made.text()).isEqualTo(202);
    String path = "/v1/jobs/" + made.json().path("id").asText();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> {
          keep(false);
          return api.get(path, by).json().has("finished_at");
        });
    return api.get(path, by).json();
  }

  private JsonNode ran(String code, String... patterns) {
    return ran(key, code, patterns);
  }

  private static void keep(boolean ended) throws InterruptedException {
    JobStep step = api.context().getBean(JobStep.class);
    JobTurns turns = api.context().getBean(JobTurns.class);
    for (Turn turn : turns.take(ended, Duration.ofMinutes(1), 10)) {
      step.take(turn);
    }
  }

  private static Map<String, String> states(JsonNode job) {
    Map<String, String> states = new LinkedHashMap<>();
    job.path("artifacts")
        .forEach(file -> states.put(file.path("path").asText(), file.path("state").asText()));
    return states;
  }

  private static String path(JsonNode job, String file) {
    return "/v1/jobs/%s/artifacts?path=%s"
        .formatted(job.path("id").asText(), URLEncoder.encode(file, StandardCharsets.UTF_8));
  }

  private HttpResponse<byte[]> bytes(JsonNode job, String file) throws Exception {
    return api.http().send(api.request(path(job, file), key).build(), BodyHandlers.ofByteArray());
  }

  private static long number(String sql) {
    try (var superuser = api.database().superuser();
        var row = superuser.createStatement().executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void sql(String sql) {
    try (var superuser = api.database().superuser();
        var statement = superuser.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @DisplayName(
      "SBX-14 what a job leaves comes out as it was, byte for byte, with length and digest")
  void roundTrip() throws Exception {
    JsonNode job =
        ran(
            """
            mkdir -p artifacts/deep/er
            head -c 5300000 /dev/urandom >artifacts/big.bin
            head -c 1048576 /dev/urandom >"artifacts/deep/er/a \u00fc&.bin"
            : >artifacts/empty
            echo no >other
            sha256sum artifacts/big.bin
            """);
    assertThat(states(job))
        .containsExactly(
            Map.entry("artifacts/big.bin", "stored"),
            Map.entry("artifacts/deep/er/a \u00fc&.bin", "stored"),
            Map.entry("artifacts/empty", "stored"));
    JsonNode big = job.at("/artifacts/0");
    assertThat(big.path("size").asLong()).isEqualTo(5_300_000);
    assertThat(job.path("stdout").asText()).startsWith(big.path("sha256").asText());

    HttpResponse<byte[]> read = bytes(job, "artifacts/big.bin");
    assertThat(read.statusCode()).isEqualTo(200);
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(read.body());
    assertThat(HexFormat.of().formatHex(digest)).isEqualTo(big.path("sha256").asText());
    assertThat(read.headers().firstValue("Content-Length")).contains("5300000");
    assertThat(read.headers().firstValue("ETag")).contains('"' + big.path("sha256").asText() + '"');
    assertThat(read.headers().firstValue("Repr-Digest"))
        .contains("sha-256=:" + Base64.getEncoder().encodeToString(digest) + ":");
    assertThat(read.headers().firstValue("Content-Disposition")).contains("attachment");
    assertThat(bytes(job, "artifacts/deep/er/a \u00fc&.bin").body()).hasSize(1 << 20);
    HttpResponse<byte[]> empty = bytes(job, "artifacts/empty");
    assertThat(empty.statusCode()).isEqualTo(200);
    assertThat(empty.body()).isEmpty();
    assertThat(bytes(job, "other").statusCode()).as("not asked for").isEqualTo(404);
    assertThat(api.get("/v1/jobs/" + job.path("id").asText() + "/artifacts", key).errorCode())
        .isEqualTo("missing_required_parameter");
  }

  @Test
  @DisplayName("SBX-14 patterns, a directory and a file by name; the platform's own files never")
  void patterns() {
    JsonNode job =
        ran(
            "mkdir -p d/e; touch a.csv b.txt d/c.csv d/e/f.csv d/e/g.txt one two",
            "*.csv",
            "d/e",
            "one",
            "missing/**",
            "**/*.py",
            ".h*/**",
            "?hermes*");
    assertThat(states(job).keySet()).containsExactly("a.csv", "d/e/f.csv", "d/e/g.txt", "one");
  }

  @Test
  @DisplayName("SBX-13 no link is followed: not a file's, not a directory's, not the folder itself")
  void links() throws Exception {
    JsonNode job =
        ran(
            """
            mkdir artifacts; echo own >artifacts/own
            ln -s /etc/passwd artifacts/passwd; ln -s /etc artifacts/etc; ln -s /proc artifacts/proc
            ln -s own artifacts/near; mkfifo artifacts/pipe; ln -s /etc out
            """,
            "artifacts/**",
            "out/passwd",
            "out/**",
            "out");
    assertThat(states(job))
        .containsOnly(
            Map.entry("artifacts/own", "stored"),
            Map.entry("artifacts/passwd", "link"),
            Map.entry("artifacts/etc", "link"),
            Map.entry("artifacts/proc", "link"),
            Map.entry("artifacts/near", "link"),
            Map.entry("artifacts/pipe", "unreadable"),
            Map.entry("out", "link"));
    Answer link = api.get(path(job, "artifacts/passwd"), key);
    assertThat(link.status()).isEqualTo(404);
    assertThat(link.text()).contains("symbolic link").doesNotContain("root:");
    assertThat(bytes(job, "artifacts/own").body()).asString().isEqualTo("own\n");
  }

  @Test
  @DisplayName("SBX-16 what does not fit is named with its size; what does is kept")
  void tooLarge() {
    JsonNode job =
        ran(
            """
            mkdir artifacts; cd artifacts
            truncate -s 20000000 a; truncate -s 20000000 b; echo small >c; truncate -s 90000000 d
            """);
    assertThat(states(job))
        .containsExactly(
            Map.entry("artifacts/a", "stored"),
            Map.entry("artifacts/b", "too_large"),
            Map.entry("artifacts/c", "stored"),
            Map.entry("artifacts/d", "too_large"));
    assertThat(job.at("/artifacts/3/size").asLong()).isEqualTo(90_000_000);
    Answer refused = api.get(path(job, "artifacts/d"), key);
    assertThat(refused.status()).isEqualTo(404);
    assertThat(refused.text()).contains("90000000");
  }

  @Test
  @DisplayName("SBX-16 64 files are kept, 256 more are named, the rest are counted")
  void tooMany() {
    JsonNode job =
        ran("mkdir artifacts; cd artifacts; for i in {1000..1399}; do echo $i >$i; done");
    Map<String, String> states = states(job);
    assertThat(states.values().stream().filter("stored"::equals)).hasSize(64);
    assertThat(states.values().stream().filter("too_many"::equals)).hasSize(256);
    assertThat(job.path("artifacts_left_out").asInt()).isEqualTo(400 - 64 - 256);
  }

  @Test
  @DisplayName("SBX-14 a job that failed, or whose time was over, leaves its files too")
  void failed() {
    assertThat(states(ran("mkdir artifacts; echo 1 >artifacts/log; exit 7")))
        .containsEntry("artifacts/log", "stored");
  }

  @Test
  @DisplayName("SBX-14 a keeper dies while it collects: the next begins anew, of both one counts")
  void twoCollect() throws Exception {
    String id =
        api.post(
                "/v1/jobs",
                key,
                "{\"language\":\"bash\",\"code\":\"mkdir artifacts; head -c 3000000 /dev/zero"
                    + " >artifacts/zeros\"}")
            .json()
            .path("id")
            .asText();
    JobTurns turns = api.context().getBean(JobTurns.class);
    ArtifactRows rows = api.context().getBean(ArtifactRows.class);
    keep(false);
    Turn dead =
        Awaitility.await()
            .until(() -> turns.take(false, Duration.ofMinutes(1), 10), taken -> !taken.isEmpty())
            .getFirst();
    assertThat(rows.open(dead)).isTrue();
    assertThat(rows.chunk(dead, 0, 0, new byte[] {1, 2, 3})).isTrue();

    sql("update hermes.job_turns set due_at = now() where step <> 'ended'");
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> {
          keep(false);
          return api.get("/v1/jobs/" + id, key).json().has("finished_at");
        });
    JsonNode job = api.get("/v1/jobs/" + id, key).json();
    assertThat(bytes(job, "artifacts/zeros").body()).isEqualTo(new byte[3_000_000]);
    assertThat(rows.chunk(dead, 0, 9, new byte[] {1})).as("it wakes too late").isFalse();
    assertThat(
            rows.file(
                dead, new Artifact(9, "x", 1, java.util.Optional.empty(), Artifact.State.LINK)))
        .isFalse();
    assertThat(rows.open(dead)).isFalse();
    assertThat(states(api.get("/v1/jobs/" + id, key).json())).hasSize(1);
  }

  @Test
  @DisplayName("SBX-14 kept for seven days, then gone; the job and the names stay")
  void retention() throws Exception {
    JsonNode job = ran("mkdir artifacts; echo 1 >artifacts/a");
    String id = job.path("id").asText();
    String chunks = "select count(*) from hermes.job_chunks where job_id = '" + id + "'";
    assertThat(
            number(
                "select count(*) from hermes.job_turns where job_id = '"
                    + id
                    + "' and due_at between now() + interval '6 days 23 h' and now() + interval"
                    + " '7 days'"))
        .isOne();
    keep(true);
    assertThat(number(chunks)).as("not yet").isOne();
    sql("update hermes.job_turns set due_at = now() where job_id = '" + id + "'");
    keep(true);
    assertThat(number(chunks)).isZero();
    assertThat(states(api.get("/v1/jobs/" + id, key).json()))
        .containsExactly(Map.entry("artifacts/a", "expired"));
    assertThat(api.get(path(job, "artifacts/a"), key).status()).isEqualTo(404);
    assertThat(api.send("DELETE", "/v1/jobs/" + id, key, null, request -> {}).status())
        .isEqualTo(204);
    assertThat(number("select count(*) from hermes.job_files where job_id = '" + id + "'"))
        .isZero();
  }

  @Test
  @DisplayName("TEN-1 another user and another tenant get no byte; removed with the job")
  void others() {
    JsonNode job = ran("mkdir artifacts; echo 1 >artifacts/a");
    assertThat(api.get(path(job, "artifacts/a"), key).text()).as("control").isEqualTo("1\n");
    assertThat(api.get(path(job, "artifacts/a"), api.userKey(tenant)).status()).isEqualTo(404);
    assertThat(api.get(path(job, "artifacts/a"), api.userKey(api.tenant())).status())
        .isEqualTo(404);
    String id = job.path("id").asText();
    api.send("DELETE", "/v1/jobs/" + id, key, null, request -> {});
    assertThat(number("select count(*) from hermes.job_chunks where job_id = '" + id + "'"))
        .isZero();
  }

  @Test
  @DisplayName("TEN-2 a tenant with a schema of its own has its jobs and their files there alone")
  void ownSchema() {
    TestTenant own = api.operator().apply(TestTenant.create().withOwnSchema());
    api.operator().schema(own);
    RawKey by = api.userKey(own);
    JsonNode job = ran(by, "mkdir artifacts; echo mine >artifacts/a");
    assertThat(api.get(path(job, "artifacts/a"), by).text()).isEqualTo("mine\n");
    for (String table : List.of("jobs", "job_files", "job_chunks")) {
      String count = "select count(*) from %s.%s where tenant_id = '%s'";
      assertThat(number(count.formatted(own.schema(), table, own.id()))).isOne();
      assertThat(number(count.formatted("hermes", table, own.id()))).isZero();
    }
    assertThat(number("select count(*) from hermes.job_turns where tenant_id = '" + own.id() + "'"))
        .isOne();
  }
}

package dev.hermes.api.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.job.JobTurns.Step;
import dev.hermes.api.sandbox.LocalPods;
import dev.hermes.api.tenant.Tenants;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Keepers that die at each step, and what the next one makes of it. Here no keeper runs by itself:
 * the tests take its turns, and stop where it would have died.
 */
class JobKeepersIT {
  private static TestApi api;

  @TempDir private Path dir;
  private TestTenant tenant;
  private RawKey key;
  private JobTurns turns;
  private JobRows rows;
  private JobStart start;
  private JobStep step;

  @BeforeAll
  static void start() {
    api = TestApi.start(Map.of("hermes.job-keeper", "false", "hermes.job-silence", "2s"));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @BeforeEach
  void beans() {
    tenant = api.tenant();
    key = api.userKey(tenant);
    turns = api.context().getBean(JobTurns.class);
    rows = api.context().getBean(JobRows.class);
    start = api.context().getBean(JobStart.class);
    step = api.context().getBean(JobStep.class);
  }

  private String job(String code) {
    ObjectNode body =
        JsonNodeFactory.instance.objectNode().put("language", "bash").put("code", code);
    Answer made = api.post("/v1/jobs", key, body.toString());
    assertThat(made.status()).as(made.text()).isEqualTo(202);
    return made.json().path("id").asText();
  }

  /** A job that leaves a line each time it runs. */
  private String counted() {
    return job("echo ran >>" + dir.resolve("runs"));
  }

  private int runs() throws IOException {
    Path runs = dir.resolve("runs");
    return Files.exists(runs) ? Files.readAllLines(runs).size() : 0;
  }

  private Turn take() {
    return turns.take(false, Duration.ofMinutes(1), 10).stream()
        .filter(turn -> turn.tenant().value().equals(tenant.id()))
        .findFirst()
        .orElseThrow();
  }

  private Job row(Turn turn) {
    return rows.find(turn.tenant(), turn.job()).orElseThrow();
  }

  private Optional<JobClaim.Place> claim(Turn turn) throws InterruptedException {
    return api.context()
        .getBean(JobClaim.class)
        .claim(
            turn,
            turns.find(turn.tenant(), turn.job()).orElseThrow(),
            row(turn),
            api.context().getBean(Tenants.class).effective(turn.tenant()));
  }

  /** The time of the dead keeper's turn is over. */
  private void due() {
    sql("update hermes.job_turns set due_at = now() where step <> 'ended'");
  }

  private void sql(String sql) {
    try (var superuser = api.database().superuser();
        var statement = superuser.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private JsonNode show(String id) {
    return api.get("/v1/jobs/" + id, key).json();
  }

  /** Another keeper works until the job has ended. */
  private JsonNode keep(String id) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> {
          for (Turn turn : turns.take(false, Duration.ofMinutes(1), 10)) {
            step.take(turn);
          }
          return !List.of("queued", "running").contains(show(id).path("status").asText());
        });
    assertThat(
            api.column(
                "select state from hermes.sandbox_leases where state <> 'closed' and tenant_id = '"
                    + tenant.id()
                    + "'"))
        .as("its sandboxes have ended")
        .isEmpty();
    return show(id);
  }

  @Test
  @DisplayName("SBX-14 it dies with a sandbox claimed: another is claimed, it runs once")
  void afterClaim() throws Exception {
    String id = counted();
    assertThat(claim(take())).isPresent();

    due();
    assertThat(keep(id).path("status").asText()).isEqualTo("succeeded");
    assertThat(runs()).isEqualTo(1);
    assertThat(
            api.column(
                "select state from hermes.sandbox_leases where tenant_id = '" + tenant.id() + "'"))
        .containsExactly("closed", "closed");
  }

  @Test
  @DisplayName("SBX-16 the older of two is taking the last room: the younger waits")
  void older() throws Exception {
    api.operator().apply(tenant.withMaxSandboxes(1));
    String first = counted();
    Turn older = take();
    UUID lease = UUID.randomUUID();
    Duration hold = Duration.ofMinutes(1);
    assertThat(turns.step(older, Step.QUEUED, Step.CLAIMING, Optional.of(lease), hold)).isTrue();
    String second = counted();
    Turn younger = take();

    assertThat(claim(younger)).as("no sandbox counts, and still").isEmpty();
    assertThat(turns.find(younger.tenant(), younger.job()).orElseThrow().step())
        .isEqualTo(Step.QUEUED);

    assertThat(turns.step(older, Step.CLAIMING, Step.QUEUED, Optional.empty(), hold)).isTrue();
    due();
    assertThat(keep(first).path("status").asText()).isEqualTo("succeeded");
    due();
    assertThat(keep(second).path("status").asText()).isEqualTo("succeeded");
  }

  @Test
  @DisplayName("SBX-14 it dies about to start it: nobody knows, so it is lost and never run")
  void afterBegin() throws Exception {
    String id = counted();
    Turn turn = take();
    JobClaim.Place place = claim(turn).orElseThrow();
    assertThat(start.begin(turn, row(turn), place)).isPresent();

    due();
    JsonNode job = keep(id);
    assertThat(job.path("status").asText()).isEqualTo("lost");
    assertThat(job.path("reason").asText()).contains("not known");
    assertThat(runs()).isZero();
    JsonNode receipt = api.get("/v1/execution-receipts", key).json().at("/data/0");
    assertThat(receipt.path("status").asText()).isEqualTo("failed");
  }

  @Test
  @DisplayName("SBX-14 it dies when it has started it: it is found running, and runs once")
  void afterLaunch() throws Exception {
    String id = counted();
    Turn turn = take();
    JobClaim.Place place = claim(turn).orElseThrow();
    start.launch(turn, start.begin(turn, row(turn), place).orElseThrow(), place);
    sql("update hermes.job_turns set step = 'starting' where job_id = '" + id + "'");

    due();
    assertThat(keep(id).path("status").asText()).isEqualTo("succeeded");
    assertThat(runs()).isEqualTo(1);
  }

  @Test
  @DisplayName("SBX-14 one that only slept wakes when another had its turn: it starts nothing")
  void slept() throws Exception {
    String id = counted();
    Turn slept = take();
    Job job = row(slept);
    JobClaim.Place place = claim(slept).orElseThrow();

    due();
    assertThat(keep(id).path("status").asText()).isEqualTo("succeeded");
    assertThat(start.begin(slept, job, place)).isEmpty();
    assertThat(turns.step(slept, Step.RUNNING, Step.RUNNING, Optional.empty(), Duration.ZERO))
        .isFalse();
    assertThat(runs()).isEqualTo(1);
  }

  @Test
  @DisplayName("SBX-14 the same program sent twice into one sandbox runs once")
  void sentTwice() throws Exception {
    String id = counted();
    Turn turn = take();
    JobClaim.Place place = claim(turn).orElseThrow();
    Job begun = start.begin(turn, row(turn), place).orElseThrow();
    JobProgram program = api.context().getBean(JobProgram.class);
    for (int i = 0; i < 3; i++) {
      program.launch(
          place.endpoint(), begun, place.policy(), place.lease(), Duration.ofSeconds(60));
    }
    due();
    assertThat(keep(id).path("status").asText()).isEqualTo("succeeded");
    assertThat(runs()).isEqualTo(1);
  }

  @Test
  @DisplayName("SBX-14 cancelled between claim and start: nothing starts, the sandbox ends")
  void cancelled() throws Exception {
    String id = counted();
    Turn turn = take();
    Job job = row(turn);
    JobClaim.Place place = claim(turn).orElseThrow();
    assertThat(api.send("DELETE", "/v1/jobs/" + id, key, null, request -> {}).status())
        .isEqualTo(204);

    assertThat(start.begin(turn, job, place)).isEmpty();
    due();
    assertThat(keep(id).path("status").asText()).isEqualTo("cancelled");
    assertThat(runs()).isZero();
  }

  @Test
  @DisplayName("SBX-16 its sandbox ends before it: lost; at its time's end: timed out")
  void sandboxEnds() throws Exception {
    String id = job("sleep 60");
    step.take(take());
    assertThat(show(id).path("status").asText()).isEqualTo("running");
    endSandbox();
    assertThat(keep(id).path("status").asText()).isEqualTo("lost");

    String late = job("sleep 60");
    step.take(take());
    endSandbox();
    sql("update hermes.jobs set started_at = now() - interval '2 h' where job_id = '" + late + "'");
    assertThat(keep(late).path("status").asText()).isEqualTo("timed_out");
  }

  private void endSandbox() {
    sql(
        "update hermes.sandbox_leases set state = 'over' where state = 'active' and tenant_id = '"
            + tenant.id()
            + "'");
  }

  @Test
  @DisplayName("SBX-16 nobody ends it at its time in the sandbox: the keeper does")
  void overTime() throws Exception {
    String id = job("echo begun; sleep 60");
    step.take(take());
    sql("update hermes.jobs set started_at = now() - interval '2 h' where job_id = '" + id + "'");
    JsonNode job = keep(id);
    assertThat(job.path("status").asText()).isEqualTo("timed_out");
    assertThat(job.path("stdout").asText()).isEqualTo("begun\n");
  }

  @Test
  @DisplayName(
      "SBX-16 its node fails: silent for long it is lost; another pod at its address: at once")
  void silent() throws Exception {
    LocalPods pods = api.context().getBean(LocalPods.class);
    String id = job("sleep 60");
    step.take(take());
    pods.kill(pod());
    JsonNode job = keep(id);
    assertThat(job.path("status").asText()).isEqualTo("lost");
    assertThat(job.path("reason").asText()).contains("not answered");

    String replaced = job("sleep 60");
    step.take(take());
    pods.replace(pod());
    JsonNode other = keep(replaced);
    assertThat(other.path("status").asText()).isEqualTo("lost");
    assertThat(other.path("reason").asText()).contains("ended before it");
  }

  private String pod() {
    return api.column(
            "select pod_name from hermes.sandbox_leases where state = 'active' and tenant_id = '"
                + tenant.id()
                + "'")
        .getFirst();
  }

  @Test
  @DisplayName("SBX-14 a turn whose job was never written is given up, after a while")
  void neverMade() {
    sql(
        "insert into hermes.job_turns (tenant_id, job_id, step, due_at) values ('"
            + tenant.id()
            + "', gen_random_uuid(), 'queued', now())");
    String mine = "select step from hermes.job_turns where tenant_id = '" + tenant.id() + "'";
    takeAll();
    assertThat(api.column(mine)).as("its maker may be writing it").hasSize(1);
    sql(
        "update hermes.job_turns set created_at = now() - interval '1 h', due_at = now()"
            + " where tenant_id = '"
            + tenant.id()
            + "'");
    takeAll();
    assertThat(api.column(mine)).isEmpty();
  }

  private void takeAll() {
    try {
      for (Turn turn : turns.take(false, Duration.ofMinutes(1), 100)) {
        step.take(turn);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @DisplayName("SBX-14 three replicas at once: each of twelve jobs runs once, none is left behind")
  void replicas() throws Exception {
    Map<String, Object> fast = Map.of("hermes.job-look", "100ms");
    try (TestApi one = api.replica(fast);
        TestApi two = api.replica(fast);
        TestApi three = api.replica(fast)) {
      assertThat(List.of(one, two, three))
          .allMatch(it -> it.context().containsBean(JobKeeper.class));
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        ids.add(counted());
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> ids.stream().allMatch(id -> show(id).has("finished_at")));
      assertThat(ids).allMatch(id -> show(id).path("status").asText().equals("succeeded"));
      assertThat(runs()).isEqualTo(12);
    }
  }
}

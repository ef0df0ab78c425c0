package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.readiness.Readiness;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Programs that run to their end in gVisor without anybody waiting. */
class JobE2E {
  private static final Cluster CLUSTER = Cluster.get();
  private static final int EXEC_SECONDS = 5;
  private static TestTenant tenant;

  @BeforeAll
  static void shortCalls() {
    tenant =
        TestTenant.ready(
            "jobs", TestTenant.policy(SandboxPolicySpec.defaults().resources(), EXEC_SECONDS));
  }

  @AfterAll
  static void cleanUp() {
    tenant.close();
  }

  @Test
  @DisplayName("SBX-14 a job runs longer than a call may, and what it leaves is downloaded")
  void life() {
    var id =
        made(
            "bash",
            """
            mkdir artifacts && seq 200000 >artifacts/numbers && sleep 8
            dmesg >artifacts/kernel; echo "done with $(cat in/who)"
            """);
    var job = ended(id);
    assertThat(job.path("status").asText()).as(job.toString()).isEqualTo("succeeded");
    assertThat(job.path("stdout").asText()).isEqualTo("done with ada\n");
    assertThat(Duration.between(time(job, "started_at"), time(job, "finished_at")))
        .as("control: longer than a call")
        .isGreaterThan(Duration.ofSeconds(EXEC_SECONDS + 2));
    assertThat(artifact(id, "artifacts/kernel")).contains("gVisor");
    assertThat(artifact(id, "artifacts/numbers"))
        .isEqualTo(
            IntStream.rangeClosed(1, 200_000)
                .mapToObj(Integer::toString)
                .collect(Collectors.joining("\n", "", "\n")));
    assertThat(
            tenant
                .api()
                .get("/v1/execution-receipts?limit=100")
                .expect(200)
                .json()
                .path("data")
                .findValuesAsText("id"))
        .contains(job.path("receipt_id").asText());
    nothingRuns();
  }

  @Test
  @DisplayName("SBX-14 RES-13 a job goes on while every replica of the API is replaced")
  void survives() {
    var id =
        made("python", "import time\nprint('begun', flush=True)\ntime.sleep(40)\nprint('end')");
    await().atMost(Duration.ofSeconds(30)).until(() -> status(id).equals("running"));
    var before = CLUSTER.pods("control-api");
    before.forEach(pod -> CLUSTER.admin().resource(pod).withGracePeriod(0).delete());
    await("other replicas answer")
        .atMost(Duration.ofSeconds(90))
        .ignoreExceptions()
        .until(() -> othersAnswer(before));
    var job = ended(id);
    assertThat(job.path("status").asText()).as(job.toString()).isEqualTo("succeeded");
    assertThat(job.path("stdout").asText()).as("once").isEqualTo("begun\nend\n");
  }

  /** As many as there were, all of them new and Ready; a connection to an old one ends here. */
  private static boolean othersAnswer(List<Pod> before) {
    var old = before.stream().map(pod -> pod.getMetadata().getUid()).toList();
    var now = CLUSTER.pods("control-api");
    return now.size() == before.size()
        && now.stream().allMatch(Readiness::isPodReady)
        && now.stream().noneMatch(pod -> old.contains(pod.getMetadata().getUid()))
        && IntStream.range(0, 5).allMatch(any -> tenant.api().get("/v1/jobs").status() == 200);
  }

  @Test
  @DisplayName("SBX-4 a job is ended at its time, and by a request, with all that runs of it")
  void endings() {
    var late = made("bash", "sleep 600 & sleep 600", 4);
    var cancelled = made("bash", "sleep 600");
    assertThat(ended(late).path("status").asText()).isEqualTo("timed_out");
    await().atMost(Duration.ofSeconds(30)).until(() -> status(cancelled).equals("running"));
    tenant.api().delete("/v1/jobs/" + cancelled).expect(204);
    assertThat(status(cancelled)).isEqualTo("cancelled");
    nothingRuns();
  }

  private static String made(String language, String code) {
    return made(language, code, 120);
  }

  private static String made(String language, String code, int seconds) {
    try {
      var body =
          Serialization.jsonMapper()
              .writeValueAsString(
                  Map.of(
                      "language",
                      language,
                      "code",
                      code,
                      "timeout",
                      seconds,
                      "inputs",
                      Map.of("in/who", "ada")));
      return tenant.api().post("/v1/jobs", body).expect(202).json().path("id").asText();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JsonNode job(String id) {
    return tenant.api().get("/v1/jobs/" + id).expect(200).json();
  }

  private static String status(String id) {
    return job(id).path("status").asText();
  }

  private static JsonNode ended(String id) {
    return await("job " + id + " ends")
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(500))
        .until(() -> job(id), job -> job.has("finished_at"));
  }

  private static String artifact(String id, String path) {
    return tenant
        .api()
        .get(
            "/v1/jobs/" + id + "/artifacts?path=" + URLEncoder.encode(path, StandardCharsets.UTF_8))
        .expect(200)
        .body();
  }

  private static Instant time(JsonNode job, String name) {
    return Instant.parse(job.path(name).asText());
  }

  private static void nothingRuns() {
    await("no claimed pod is left")
        .atMost(Duration.ofSeconds(30))
        .until(() -> tenant.claimedPods().isEmpty());
    assertThat(tenant.api().get("/v1/sandboxes").expect(200).json().path("data"))
        .extracting(JsonNode::toString)
        .isEqualTo(List.of());
  }
}

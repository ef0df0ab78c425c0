package dev.hermes.api.dataplane;

import static dev.hermes.api.dataplane.PlaneCalls.execute;
import static dev.hermes.api.dataplane.PlaneCalls.made;
import static dev.hermes.api.dataplane.PlaneCalls.output;
import static dev.hermes.api.dataplane.PlaneCalls.run;
import static dev.hermes.api.dataplane.PlaneCalls.send;
import static dev.hermes.api.dataplane.PlaneCalls.start;
import static dev.hermes.api.dataplane.PlaneCalls.unary;
import static dev.hermes.api.dataplane.PlaneCalls.with;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.dataplane.PlaneCalls.Access;
import dev.hermes.api.sandbox.LocalPods;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.Tool;
import dev.hermes.database.key.RawKey;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What runs over the data plane leaves a receipt, and without one nothing runs. */
@Timeout(90)
class PlaneReceiptsIT {
  private static final TestApi API = TestApi.shared();

  private final TestTenant tenant = API.tenant();
  private final RawKey key = API.userKey(tenant);
  private final Access sandbox = made(API, key);

  @Test
  @DisplayName("AUD-10 a process leaves a receipt and an audit row of what passed")
  void process() throws Exception {
    HttpResponse<byte[]> answer = run(API, sandbox, "echo hello; exit 3");
    assertThat(output(answer)).isEqualTo("hello\n");

    JsonNode receipt = finished();
    assertThat(receipt.path("tool").asText()).isEqualTo("bash");
    assertThat(receipt.path("status").asText())
        .as("of the stream, not of the command")
        .isEqualTo("succeeded");
    assertThat(receipt.path("sandbox").asText()).isEqualTo(sandbox.id());
    assertThat(receipt.path("policy").asText()).isEqualTo("default");
    assertThat(receipt.path("input_sha256").asText())
        .isEqualTo(sha256(PlaneCalls.startBody("echo hello; exit 3")));
    assertThat(receipt.path("output_sha256").asText()).isEqualTo(sha256(answer.body()));
    assertThat(receipt.path("output_bytes").asInt()).isEqualTo(answer.body().length);
    assertThat(receipt.path("exit_code").isNull()).isTrue();
    assertThat(receipt.path("duration_ms").isNull()).isFalse();
    assertThat(answer.headers().firstValue("x-request-id"))
        .contains(receipt.path("request_id").asText());

    assertThat(DataPlaneRows.audited(API.database(), tenant.id().toString()))
        .containsExactly(
            "%s tool.execute bash allowed %s data %d"
                .formatted(
                    receipt.path("user").asText(),
                    receipt.path("id").asText(),
                    PlaneCalls.startBody("echo hello; exit 3").length));
  }

  @Test
  @DisplayName("AUD-10 code leaves one too, however its body comes")
  void code() throws Exception {
    byte[] body =
        "{\"code\":%s}"
            .formatted(TestApi.quote("#" + "x".repeat(400_000) + "\nprint(6*7)"))
            .getBytes(UTF_8);
    HttpResponse<byte[]> answer =
        send(
            API,
            with(
                sandbox,
                execute(API, BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))));
    assertThat(new String(answer.body(), UTF_8)).contains("42");

    JsonNode receipt = finished();
    assertThat(receipt.path("tool").asText()).isEqualTo("python");
    assertThat(receipt.path("status").asText()).isEqualTo("succeeded");
    assertThat(receipt.path("input_sha256").asText()).isEqualTo(sha256(body));
    assertThat(receipt.path("output_sha256").asText()).isEqualTo(sha256(answer.body()));
  }

  @Test
  @DisplayName("what runs nothing, and what is refused, leaves none; one that runs does")
  void others() throws Exception {
    for (String path : List.of("/process.Process/List", "/process.Process/Connect", "/contexts")) {
      send(API, with(sandbox, unary(API, path)));
    }
    for (String path : List.of("/health", "/contexts", "/execute", "/process.Process/Start")) {
      send(API, with(sandbox, HttpRequest.newBuilder(API.dataPlane(path)).GET()));
    }
    assertThat(send(API, start(API, "true")).statusCode()).isEqualTo(401);
    Access nobody = new Access(sandbox.id(), "x.y.z");
    assertThat(run(API, nobody, "true").statusCode()).isEqualTo(401);
    API.operator().apply(tenant.withTools(List.of(Tool.PYTHON)));
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> run(API, sandbox, "true").statusCode() == 403);
    long before = receipts().size();
    assertThat(run(API, sandbox, "true").statusCode()).isEqualTo(403);
    assertThat(receipts()).as("of those before it was refused").hasSize((int) before);

    assertThat(
            send(API, with(sandbox, execute(API, BodyPublishers.ofString("{\"code\":\"1\"}"))))
                .statusCode())
        .isEqualTo(200);
    assertThat(receipts()).as("control").hasSize((int) before + 1);
    assertThat(receipts().findValuesAsText("tool")).filteredOn("python"::equals).hasSize(1);
  }

  @Test
  @DisplayName("begun before it runs; a client that goes away leaves it failed")
  void clientGone() throws Exception {
    HttpResponse<InputStream> answer = streaming(API, sandbox, "echo one; sleep 20");
    try (InputStream body = answer.body()) {
      body.readNBytes(5);
      JsonNode begun = receipts().path(0);
      assertThat(begun.path("status").asText()).isEqualTo("pending");
      assertThat(begun.path("input_sha256").isNull()).as("it may still come").isTrue();
      assertThat(begun.path("finished_at").isNull()).isTrue();
    }
    JsonNode receipt = finished();
    assertThat(receipt.path("status").asText()).isEqualTo("failed");
    assertThat(receipt.path("input_sha256").asText())
        .isEqualTo(sha256(PlaneCalls.startBody("echo one; sleep 20")));
    assertThat(receipt.path("output_bytes").asInt()).isPositive();
  }

  @Test
  @DisplayName("clients that go before they are judged, or send no HTTP, leave none pending")
  void goneAtOnce() throws Exception {
    String head =
        ("POST /process.Process/Start HTTP/1.1\r\nHost: x\r\nE2b-Sandbox-Id: %s\r\n"
                + "X-Access-Token: %s\r\nContent-Type: application/connect+json\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n")
            .formatted(sandbox.id(), sandbox.token());
    for (int i = 0; i < 10; i++) {
      try (Socket socket = new Socket("127.0.0.1", API.dataPlane("/").getPort())) {
        socket.getOutputStream().write(head.getBytes(UTF_8));
        if (i % 2 == 0) {
          socket.getOutputStream().write("no chunk\r\n".getBytes(UTF_8));
          assertThat(new String(socket.getInputStream().readNBytes(12), UTF_8))
              .isEqualTo("HTTP/1.1 400");
        }
      }
    }
    assertThat(run(API, sandbox, "true").statusCode()).isEqualTo(200);
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() ->
            assertThat(receipts().findValuesAsText("status"))
                .contains("succeeded", "failed")
                .doesNotContain("pending"));
  }

  @Test
  @DisplayName("an answer that is an error, and a sandbox that breaks off: failed")
  void failed() throws Exception {
    HttpResponse<byte[]> answer =
        send(API, with(sandbox, execute(API, BodyPublishers.ofString("nonsense"))));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(finished().path("status").asText()).isEqualTo("failed");

    HttpResponse<InputStream> cut = streaming(API, sandbox, "echo one; sleep 20");
    try (InputStream body = cut.body()) {
      body.readNBytes(5);
      API.context()
          .getBean(LocalPods.class)
          .kill(DataPlaneRows.podName(API.database(), sandbox.id()));
      JsonNode broken = finished();
      assertThat(broken.path("tool").asText()).isEqualTo("bash");
      assertThat(broken.path("status").asText()).isEqualTo("failed");
    }
    assertThat(run(API, sandbox, "true").statusCode()).isEqualTo(502);
    assertThat(finished().path("status").asText()).isEqualTo("failed");
  }

  @Test
  @DisplayName("a receipt that cannot be begun: 503, and nothing runs")
  void noReceipt() throws Exception {
    TestTenant own = API.operator().apply(TestTenant.create().withOwnSchema());
    API.operator().schema(own);
    RawKey user = API.userKey(own);
    Access there = made(API, user);
    String table = own.schema() + ".execution_receipts";
    DataPlaneRows.execute(API.database(), "alter table " + table + " rename to elsewhere");
    try {
      assertThat(run(API, there, "touch marker").statusCode()).isEqualTo(503);
      assertThat(send(API, with(there, unary(API, "/process.Process/List"))).statusCode())
          .as("control: the sandbox is reached by what needs no receipt")
          .isEqualTo(200);
    } finally {
      DataPlaneRows.execute(
          API.database(),
          "alter table " + own.schema() + ".elsewhere rename to execution_receipts");
    }
    assertThat(output(run(API, there, "ls; touch marker"))).doesNotContain("marker");
    assertThat(output(run(API, there, "ls"))).as("control").contains("marker");
    assertThat(API.get("/v1/execution-receipts", user).json().path("data")).hasSize(2);
  }

  @Test
  @DisplayName("what a stopping replica breaks off is failed, not pending for ever")
  void stopping() throws Exception {
    HttpResponse<InputStream> answer;
    Map<String, Object> impatient =
        Map.of("micronaut.lifecycle.graceful-shutdown.grace-period", "1s");
    try (TestApi replica = API.replica(impatient)) {
      Access there = made(replica, key);
      answer = streaming(replica, there, "echo one; sleep 20");
      answer.body().readNBytes(5);
      assertThat(receipts().path(0).path("status").asText()).isEqualTo("pending");
    }
    answer.body().close();
    assertThat(receipts().path(0).path("status").asText()).isEqualTo("failed");
  }

  private static HttpResponse<InputStream> streaming(TestApi api, Access in, String command)
      throws Exception {
    return api.http().send(with(in, start(api, command)).build(), BodyHandlers.ofInputStream());
  }

  private JsonNode receipts() {
    RawKey auditor = API.operator().key(tenant, List.of(Role.AUDITOR), List.of(Scope.AUDIT));
    return API.get("/v1/execution-receipts?limit=100", auditor).json().path("data");
  }

  /** The newest, when it is; it is written after the client has its answer. */
  private JsonNode finished() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> receipts().path(0), it -> !it.path("finished_at").isNull());
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}

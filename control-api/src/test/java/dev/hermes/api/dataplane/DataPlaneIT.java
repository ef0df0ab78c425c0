package dev.hermes.api.dataplane;

import static dev.hermes.api.dataplane.PlaneCalls.made;
import static dev.hermes.api.dataplane.PlaneCalls.output;
import static dev.hermes.api.dataplane.PlaneCalls.run;
import static dev.hermes.api.dataplane.PlaneCalls.send;
import static dev.hermes.api.dataplane.PlaneCalls.start;
import static dev.hermes.api.dataplane.PlaneCalls.with;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.api.dataplane.PlaneCalls.Access;
import dev.hermes.api.sandbox.LocalPods;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Tool;
import dev.hermes.database.key.RawKey;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What reaches a daemon, what does not, and what passes. */
@Timeout(60)
class DataPlaneIT {
  private static final TestApi API = TestApi.shared();
  private static final ObjectMapper JSON = new ObjectMapper();

  private final TestTenant tenant = API.tenant();
  private final RawKey key = API.userKey(tenant);
  private final Access sandbox = made(API, key);

  @Test
  @DisplayName("SBX-10 with its own token a sandbox is reached, by either header")
  void reached() throws Exception {
    assertThat(output(run(API, sandbox, "echo hello"))).isEqualTo("hello\n");
    assertThat(
            send(
                    API,
                    start(API, "echo hello")
                        .header("E2b-Sandbox-Id", sandbox.id())
                        .header("E2B-Traffic-Access-Token", sandbox.token()))
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  @DisplayName("SBX-10 without it, with another's, a key, or a daemon's own token: 401")
  void refused() throws Exception {
    Access other = made(API, key);
    Access foreign = made(API, API.userKey(API.tenant()));
    assertUnauthenticated(request -> request.header("E2b-Sandbox-Id", sandbox.id()));
    for (String token :
        List.of(
            other.token(), foreign.token(), key.text(), "", "x.y.z", tampered(sandbox.token()))) {
      assertUnauthenticated(request ->
          request.header("E2b-Sandbox-Id", sandbox.id()).header("X-Access-Token", token));
    }
    assertUnauthenticated(request ->
        request
            .header("E2b-Sandbox-Id", sandbox.id())
            .header("X-Access-Token", sandbox.token())
            .header("Authorization", "Basic " + base64("root:")));
    assertThat(output(run(API, sandbox, "echo control"))).isEqualTo("control\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Basic dXNlcjo=", "Basic dXNlcjpzZWNyZXQ="})
  @DisplayName("the one user there is may be named")
  void user(String authorization) throws Exception {
    assertThat(
            send(API, with(sandbox, start(API, "true")).header("Authorization", authorization))
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  @DisplayName("SBX-10 what a client sends to us does not reach the daemon")
  void headersAreOurs() throws Exception {
    HttpResponse<byte[]> answer =
        send(
            API,
            with(sandbox, HttpRequest.newBuilder(API.dataPlane("/health")))
                .header("X-Hermes-Plane", "other")
                .GET());
    assertThat(answer.statusCode()).isEqualTo(204);
    assertThat(answer.headers().map()).doesNotContainKey("x-hermes-pod-uid");
    assertThat(
            send(API, with(sandbox, HttpRequest.newBuilder(API.dataPlane("/init"))).GET())
                .statusCode())
        .as("a route for the platform alone")
        .isEqualTo(404);
    HttpResponse<byte[]> port =
        send(API, with(sandbox, start(API, "true")).setHeader("E2b-Sandbox-Port", "8080"));
    assertThat(port.statusCode()).isEqualTo(501);
  }

  @Test
  @DisplayName("TEN-6 SBX-9 a suspended tenant and a tool not allowed: 403")
  void policy() throws Exception {
    API.operator().apply(tenant.withTools(List.of(Tool.PYTHON)));
    await(403, () -> send(API, with(sandbox, start(API, "true"))));
    assertThat(
            new String(send(API, with(sandbox, start(API, "true"))).body(), StandardCharsets.UTF_8))
        .contains("bash");

    API.operator().apply(tenant);
    await(200, () -> send(API, with(sandbox, start(API, "true"))));

    API.operator().apply(tenant.suspended(true));
    await(403, () -> send(API, with(sandbox, start(API, "true"))));
  }

  @Test
  @DisplayName("SBX-9 SEC-5 a path with escapes, which the daemon reads as another, is not there")
  void escaped() throws Exception {
    API.operator().apply(tenant.withTools(List.of(Tool.PYTHON)));
    await(403, () -> run(API, sandbox, "true"));
    for (String path :
        List.of("/process%2EProcess/Start", "/process.Process/%53tart", "/%65xecute", "/%69nit")) {
      HttpResponse<byte[]> answer = send(API, with(sandbox, start(API, path, "echo ran")));
      assertThat(answer.body())
          .as(path)
          .asString(StandardCharsets.UTF_8)
          .contains("There is no POST");
      assertThat(answer.statusCode()).isEqualTo(404);
    }
    for (String path :
        List.of(
            "//process.Process/Start",
            "/process.Process//Start",
            "/x/../process.Process/Start",
            "/process.Process/Start/",
            "/process.Process/Start;x",
            "/process.process/start")) {
      HttpResponse<byte[]> answer = send(API, with(sandbox, start(API, path, "echo ran")));
      assertThat(answer.statusCode()).as("the daemon takes it for no other").isNotEqualTo(200);
    }
  }

  @Test
  @DisplayName("SBX-16 an ended sandbox, and one whose pod went, is known as ended: 502")
  void ended() throws Exception {
    Access killed = made(API, key);
    API.context().getBean(LocalPods.class).kill(podOf(killed));
    await(502, () -> send(API, with(killed, start(API, "true"))));

    API.send("DELETE", "/sandboxes/" + sandbox.id(), key, null, request -> {});
    HttpResponse<byte[]> answer = send(API, with(sandbox, start(API, "true")));
    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(json(answer).path("code").asText()).isEqualTo("unavailable");
  }

  @Test
  @DisplayName("TEN-2 another pod at the same address is sent nothing")
  void addressUsedAgain() throws Exception {
    assertThat(run(API, sandbox, "true").statusCode()).isEqualTo(200);
    API.context().getBean(LocalPods.class).replace(podOf(sandbox));

    HttpResponse<byte[]> answer = run(API, sandbox, "true");
    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(json(answer).path("code").asText()).isEqualTo("unavailable");
  }

  @Test
  @DisplayName("output comes as it is made, not at the end")
  void streams() throws Exception {
    HttpResponse<InputStream> answer =
        API.http()
            .send(
                with(sandbox, start(API, "echo one; sleep 2; echo two")).build(),
                BodyHandlers.ofInputStream());
    long begun = System.nanoTime();
    try (InputStream body = answer.body()) {
      StringBuilder seen = new StringBuilder();
      while (!seen.toString().contains(base64("one\n"))) {
        seen.append(new String(frame(body), StandardCharsets.UTF_8));
      }
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(1));
    }
  }

  @Test
  @DisplayName("many requests on one connection, one sent before the other is answered")
  void keepsConnections() throws Exception {
    byte[] get =
        ("GET /health HTTP/1.1\r\nHost: x\r\nE2b-Sandbox-Id: %s\r\nX-Access-Token: %s\r\n\r\n")
            .formatted(sandbox.id(), sandbox.token())
            .getBytes(US_ASCII);
    try (Socket socket = socket()) {
      for (int i = 0; i < 50; i++) {
        socket.getOutputStream().write(get);
      }
      String last = new String(get, US_ASCII);
      socket
          .getOutputStream()
          .write(last.replace("Host:", "Connection: close\r\nHost:").getBytes(US_ASCII));
      String all = new String(socket.getInputStream().readAllBytes(), US_ASCII);
      assertThat(all.split("HTTP/1.1 204", -1)).hasSize(52);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense\r\n\r\n",
        "GET / HTTP/9\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://127.0.0.1/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      })
  @DisplayName("SEC-5 what is not one plain request is refused, and the listener lives on")
  void hostile(String bytes) throws Exception {
    try (Socket socket = socket()) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(bytes.getBytes(US_ASCII));
      byte[] head = socket.getInputStream().readNBytes(12);
      assertThat(new String(head, US_ASCII)).startsWith("HTTP/1.1 4");
    }
    assertThat(run(API, sandbox, "true").statusCode()).isEqualTo(200);
  }

  private Socket socket() throws IOException {
    return new Socket("127.0.0.1", API.dataPlane("/").getPort());
  }

  private static String tampered(String token) {
    char last = token.charAt(token.length() - 5);
    return token.substring(0, token.length() - 5)
        + (last == 'A' ? 'B' : 'A')
        + token.substring(token.length() - 4);
  }

  private void assertUnauthenticated(Consumer<HttpRequest.Builder> with) throws Exception {
    HttpRequest.Builder request = start(API, "echo no");
    with.accept(request);
    HttpResponse<byte[]> answer = send(API, request);
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(json(answer).path("code").asText()).isEqualTo("unauthenticated");
  }

  private interface Call {
    HttpResponse<byte[]> get() throws Exception;
  }

  /** The configuration of a tenant is remembered for two seconds. */
  private static void await(int status, Call call) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(call.get().statusCode()).isEqualTo(status));
  }

  private static String podOf(Access sandbox) {
    return DataPlaneRows.podName(API.database(), sandbox.id());
  }

  private static byte[] frame(InputStream body) throws IOException {
    byte[] head = body.readNBytes(5);
    return body.readNBytes(ByteBuffer.wrap(head, 1, 4).getInt());
  }

  private static JsonNode json(HttpResponse<byte[]> answer) throws IOException {
    return JSON.readTree(answer.body());
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}

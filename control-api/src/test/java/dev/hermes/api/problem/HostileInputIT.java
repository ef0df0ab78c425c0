package dev.hermes.api.problem;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.database.key.RawKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * SEC-1: whatever is sent, the answer is a clear 4xx with OpenAI's error and RFC 9457's members.
 */
class HostileInputIT {
  private static final String CHAT = "/v1/chat/completions";
  private static TestApi api;
  private static RawKey key;

  @BeforeAll
  static void start() {
    api = TestApi.shared();
    key = api.userKey(api.tenant());
  }

  @AfterEach
  void theNextRequestWorks() {
    assertThat(api.chat(key, TestApi.ask("demo", "still here")).status()).isEqualTo(200);
  }

  @Test
  void unknownPath() {
    hybrid(api.get("/v1/nothing", key), 404, "not_found");
    hybrid(api.get("/v1/nothing", null), 404, "not_found");
    hybrid(api.get("/", null), 404, "not_found");
    hybrid(api.get("/v1/models/no/such:model", key), 404, "model_not_found");
  }

  @Test
  @DisplayName("R27 no answer carries PostgreSQL's words, whatever a value holds")
  void noDatabaseText() {
    List<String> hostile =
        List.of(
            "'",
            "\"",
            "\\",
            ";--",
            "' or 1=1 --",
            "\u0000",
            "\ud800",
            "\u202e",
            "%",
            "_",
            "9".repeat(40),
            "-1",
            "1e400",
            "NaN",
            "infinity",
            "{}",
            "{1,2}",
            "[1,2)",
            "0001-01-01",
            "294277-01-01",
            "00000000-0000-0000-0000-00000000000g",
            "pg_sleep(9)",
            "hermes.tenants",
            "x".repeat(5_000));
    List<String> paths =
        List.of(
            "/v1/usage?from=",
            "/v1/usage?to=",
            "/v1/usage?granularity=",
            "/v1/usage?group_by=",
            "/v1/receipts?after=",
            "/v1/receipts?limit=",
            "/v1/receipts?session=",
            "/v1/receipts?request_id=",
            "/v1/memories?q=",
            "/v1/memories?after=",
            "/v1/memories?user=",
            "/v1/memories/",
            "/v1/profile?user=",
            "/v1/models/");
    for (String value : hostile) {
      String encoded = URLEncoder.encode(value, StandardCharsets.UTF_8);
      for (String path : paths) {
        silent(api.get(path + encoded, key), path + value);
      }
      silent(api.chat(key, TestApi.ask(value, value)), value);
      silent(api.chat(key, TestApi.ask("demo", value, "\"user\":" + TestApi.quote(value))), value);
    }
  }

  private static void silent(Answer answer, String what) {
    assertThat(answer.status()).as(what).isLessThan(500).isNotEqualTo(429);
    assertThat(answer.text())
        .as(what)
        .doesNotContainIgnoringCase("sqlstate")
        .doesNotContain(
            "ERROR:",
            "PSQL",
            "postgres",
            "org.jdbi",
            "syntax for type",
            "hermes.usage",
            "hermes.exec")
        .doesNotContain("app.current_tenant", "row-level security", "violates", "relation \"");
  }

  @Test
  void wrongMethod() {
    Answer answer = api.send("DELETE", "/v1/me", key, null, request -> {});
    hybrid(answer, 405, "method_not_allowed");
    assertThat(answer.header("Allow")).contains("GET");
  }

  @Test
  void wrongContentType() {
    Answer answer =
        api.send(
            api.request(CHAT, key)
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString("hello"))
                .build());
    hybrid(answer, 415, "unsupported_media_type");
  }

  @Test
  void malformedJson() {
    for (String body :
        List.of("{", "{\"messages\":[}", "nonsense", "{} {}", "[]", "\"text\"", "null", "", "1")) {
      Answer answer = api.chat(key, body);
      assertThat(answer.status()).as(body).isEqualTo(400);
      hybrid(answer, 400, answer.json().at("/error/code").isNull() ? null : "invalid_value");
    }
  }

  @Test
  void wrongTypes() {
    for (String body :
        List.of(
            "{\"messages\":{}}",
            "{\"messages\":[]}",
            "{\"messages\":[1]}",
            "{\"messages\":[{\"role\":\"king\",\"content\":\"x\"}]}",
            "{\"messages\":[{\"role\":\"user\"}]}",
            "{\"messages\":[{\"role\":\"user\",\"content\":5}]}",
            TestApi.ask("demo", "x", "\"temperature\":9"),
            TestApi.ask("demo", "x", "\"temperature\":\"hot\""),
            TestApi.ask("demo", "x", "\"stream\":\"yes\""),
            TestApi.ask("demo", "x", "\"tools\":{}"),
            TestApi.ask("demo", "x", "\"tools\":[{\"type\":\"function\"}]"),
            "{\"model\":7,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")) {
      Answer answer = api.chat(key, body);
      hybrid(answer, 400, "invalid_value");
      assertThat(answer.json().at("/error/param").asText()).as(body).isNotEmpty();
    }
    Answer missing = api.chat(key, "{\"model\":\"demo\"}");
    hybrid(missing, 400, "missing_required_parameter");
    assertThat(missing.json().at("/error/param").asText()).isEqualTo("messages");
  }

  @Test
  void deepJson() {
    hybrid(api.chat(key, "{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}"), 400, null);
    hybrid(api.chat(key, "{\"a\":".repeat(5000)), 400, null);
  }

  @Test
  void invalidUtf8() {
    byte[] body =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"\u00ff\"}]}"
            .getBytes(StandardCharsets.ISO_8859_1);
    hybrid(post(body, "application/json", "identity"), 400, null);
    byte[] utf16 = TestApi.ask("demo", "x").getBytes(StandardCharsets.UTF_16);
    hybrid(post(utf16, "application/json", "identity"), 400, null);
  }

  @Test
  void tooLarge() {
    hybrid(api.chat(key, TestApi.ask("demo", "x".repeat(1 << 20))), 413, "request_too_large");
  }

  @Test
  void tooLargeInChunks() {
    byte[] body = TestApi.ask("demo", "x".repeat(3 << 20)).getBytes(StandardCharsets.UTF_8);
    Answer answer =
        api.send(
            api.request(CHAT, key)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(body)))
                .build());
    hybrid(answer, 413, "request_too_large");
  }

  @Test
  @DisplayName("a decompression bomb is cut at the limit")
  void bomb() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(TestApi.ask("demo", "x".repeat(50 << 20)).getBytes(StandardCharsets.UTF_8));
    }
    Answer answer = post(packed.toByteArray(), "application/json", "gzip");
    assertThat(answer.status()).isIn(400, 413, 415);
    hybrid(answer, answer.status(), null);
  }

  @Test
  void rawNonsense() throws IOException {
    for (String text :
        List.of(
            "GET /v1/me HTTP/9.9\r\nHost: x\r\n\r\n",
            "\u0000\u0001\u0002\r\n\r\n",
            "GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "POST " + CHAT + " HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
            "GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Big: " + "y".repeat(20_000) + "\r\n\r\n",
            "GET /" + "y".repeat(10_000) + " HTTP/1.1\r\nHost: x\r\n\r\n")) {
      String answer = raw(text);
      assertThat(answer).as(text).doesNotContain(" 500 ").doesNotContain("at dev.");
      if (!answer.isEmpty()) {
        assertThat(answer)
            .containsPattern("^HTTP/\\d\\.\\d 4")
            .containsIgnoringCase("x-request-id: req_");
        assertThat(answer).contains("\"error\":{");
      }
    }
  }

  @Test
  @DisplayName("what is no readable request gets its own status, and a client learns of the close")
  void unreadable() throws IOException {
    String line = raw("GET /v1/usage?from=" + "y".repeat(5_000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    assertThat(line).contains(" 414 ").containsIgnoringCase("connection: close");
    String header =
        raw("GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Big: " + "y".repeat(20_000) + "\r\n\r\n");
    assertThat(header).contains(" 431 ").containsIgnoringCase("connection: close");
    String nonsense = raw("GET /v1/me HTTP/9.9.9\r\nHost: x\r\n\r\n");
    assertThat(nonsense).contains(" 400 ").containsIgnoringCase("connection: close");
    String readable = raw("GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n");
    assertThat(readable).contains(" 401 ").doesNotContainIgnoringCase("connection: close");
  }

  @Test
  @DisplayName("every answer carries a request id and the headers that keep browsers from guessing")
  void headers() {
    for (Answer answer :
        List.of(
            api.get("/v1/me", key),
            api.get("/v1/me", null),
            api.get("/v1/nothing", null),
            api.get("/v1/health", null),
            api.chat(key, TestApi.ask("demo", "x", "\"stream\":true")))) {
      assertThat(answer.header("x-request-id")).matches("req_[0-9a-f]{32}");
      assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
      assertThat(answer.header("Strict-Transport-Security")).contains("max-age=63072000");
    }
    assertThat(
            api.send(
                    "GET",
                    "/v1/me",
                    key,
                    null,
                    request -> request.header("x-request-id", "req_mine"))
                .header("x-request-id"))
        .isNotEqualTo("req_mine");
  }

  private static Answer post(byte[] body, String type, String encoding) {
    return api.send(
        api.request(CHAT, key)
            .header("Content-Type", type)
            .header("Content-Encoding", encoding)
            .POST(BodyPublishers.ofByteArray(body))
            .build());
  }

  private static String raw(String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", api.port())) {
      socket.setSoTimeout(5000);
      OutputStream out = socket.getOutputStream();
      out.write(request.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
      byte[] answer = new byte[1 << 16];
      int read = socket.getInputStream().read(answer);
      StringBuilder text = new StringBuilder();
      while (read > 0) {
        text.append(new String(answer, 0, read, StandardCharsets.UTF_8));
        if (text.indexOf("\r\n\r\n") >= 0 && text.charAt(text.length() - 1) == '}') {
          break;
        }
        read = socket.getInputStream().read(answer);
      }
      return text.toString();
    } catch (java.net.SocketException e) {
      return "";
    }
  }

  /** Both halves of the body agree with each other and with the status line. */
  static void hybrid(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    JsonNode body = answer.json();
    assertThat(body.path("status").asInt()).isEqualTo(status);
    assertThat(body.path("type").asText()).startsWith("https://");
    assertThat(body.path("title").asText()).isNotEmpty();
    assertThat(body.path("request_id").asText()).isEqualTo(answer.header("x-request-id"));
    assertThat(body.path("detail")).isEqualTo(body.at("/error/message"));
    assertThat(body.path("error").properties().stream().map(java.util.Map.Entry::getKey))
        .containsExactly("message", "type", "param", "code");
    assertThat(body.at("/error/message").isTextual()).isTrue();
    assertThat(body.at("/error/type").isTextual()).isTrue();
    if (code != null) {
      assertThat(body.at("/error/code").asText()).isEqualTo(code);
    }
    assertThat(answer.text()).doesNotContain("Exception").doesNotContain("at dev.");
  }
}

package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.RawUpstream;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The ways in which an upstream fails: each ends in the right answer, status, metric and bill. */
class UpstreamWaysIT {
  private static final String JSON = "application/json";
  private static final String SSE = "text/event-stream";
  private static final String USAGE =
      "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18}";

  @TempDir static Path folder;
  private static RawUpstream upstream;
  private static TestApi api;

  /**
   * One way to fail.
   *
   * @param model whose upstream it is
   * @param whole what it sends to a request that is no stream, and {@code streamed} to one that is
   * @param code of the error; empty: the client gets an answer
   * @param begun whether text has reached the client of a stream by then
   * @param bill of the failed request: its record's status and completeness
   */
  private record Way(
      String name,
      String model,
      RawUpstream.Answer whole,
      RawUpstream.Answer streamed,
      int status,
      Optional<String> code,
      boolean begun,
      String bill) {
    /** How the call ended, as its figure has it. */
    String ended() {
      String failed = status == 400 ? "refused" : "failed";
      return code.isPresent() ? failed : "succeeded";
    }

    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  static void start() throws IOException {
    upstream = new RawUpstream();
    Path file = folder.resolve("providers.yaml");
    Files.writeString(
        file,
        """
        retry: {attempts: 1}
        breaker: {failures: 100000}
        providers:
          - {name: raw, baseUrl: "http://127.0.0.1:%1$d/v1", models: [raw], timeoutSeconds: 1}
          - {name: refusing, baseUrl: "http://127.0.0.1:1/v1", models: [refusing], timeoutSeconds: 1}
          - {name: plain, baseUrl: "https://127.0.0.1:%1$d/v1", models: [plain], timeoutSeconds: 5}
          - {name: keyless, baseUrl: "http://127.0.0.1:%1$d/v1", models: [keyless], apiKeyFile: %3$s}
          - {name: unknown, baseUrl: "http://%2$s.invalid/v1", models: [unknown], timeoutSeconds: 9}
        """
            // a label too long for any name server: it fails here, without asking one
            .formatted(upstream.port(), "n".repeat(64), folder.resolve("absent")));
    api = TestApi.shared().replica(Map.of("hermes.providers-file", file.toString()));
  }

  @AfterAll
  static void stop() throws IOException {
    api.close();
    upstream.close();
  }

  private static RawUpstream.Answer bytes(byte[]... parts) {
    return (out, wait) -> {
      for (byte[] part : parts) {
        out.write(part);
      }
      out.flush();
    };
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static RawUpstream.Answer error(int status, String code, String... headers) {
    byte[] body =
        utf8(
            "{\"error\":{\"message\":\"sk-secret is at fault\",\"type\":\"t\",\"param\":null,\"code\":\""
                + code
                + "\"}}");
    return bytes(RawUpstream.head(status, JSON, body.length, headers), body);
  }

  private static byte[] chunk(String text) {
    return utf8(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
            + text
            + "\"},\"finish_reason\":null}]}\n\n");
  }

  private static RawUpstream.Answer whole(String text, String finish, String usage) {
    byte[] body =
        utf8(
            "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
                + text
                + "\"},\"finish_reason\":\""
                + finish
                + "\"}],"
                + usage
                + "}");
    return bytes(RawUpstream.head(200, JSON, body.length), body);
  }

  private static RawUpstream.Answer streamed(String text, String finish, String usage) {
    return bytes(
        RawUpstream.head(200, SSE, -1),
        chunk(text),
        utf8(
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\""
                + finish
                + "\"}]}\n\n"),
        utf8("data: {\"choices\":[]," + usage + "}\n\ndata: [DONE]\n\n"));
  }

  private static Way failing(String name, RawUpstream.Answer answer, int status, String code) {
    return new Way(
        name, "raw", answer, answer, status, Optional.of(code), false, "failed partial 0");
  }

  private static Way breaking(
      String name, RawUpstream.Answer whole, RawUpstream.Answer streamed, int status, String code) {
    return new Way(name, "raw", whole, streamed, status, Optional.of(code), true, "failed partial");
  }

  private static Way nowhere(String name, String model, String code) {
    RawUpstream.Answer nothing = (out, wait) -> {};
    return new Way(
        name, model, nothing, nothing, 502, Optional.of(code), false, "failed partial 0");
  }

  private static Way answering(
      String name, RawUpstream.Answer whole, RawUpstream.Answer streamed, String bill) {
    return new Way(name, "raw", whole, streamed, 200, Optional.empty(), true, bill);
  }

  static List<Way> ways() {
    byte[] half = utf8("{\"choices\":[{\"index\":0,\"message\":{\"content\":\"ha");
    byte[] invalid = {(byte) 0xc3, (byte) 0x28, (byte) 0xff};
    byte[] start =
        utf8("{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"a");
    byte[] end = utf8("b\"},\"finish_reason\":\"stop\"}]," + USAGE + "}");
    byte[] sse = RawUpstream.head(200, SSE, -1);
    RawUpstream.Answer hang = (out, wait) -> wait.millis(5000);
    return List.of(
        nowhere("1 the connection is refused", "refusing", "upstream_unreachable"),
        nowhere("2 no TLS is spoken", "plain", "upstream_unreachable"),
        nowhere("3 its name is not known", "unknown", "upstream_unreachable"),
        failing("4 silence before the answer", hang, 504, "timeout"),
        breaking(
            "5 silence amid the answer",
            (out, wait) -> {
              out.write(RawUpstream.head(200, JSON, 500));
              out.write(half);
              out.flush();
              wait.millis(5000);
            },
            (out, wait) -> {
              out.write(sse);
              out.write(chunk("half"));
              out.flush();
              wait.millis(5000);
            },
            504,
            "timeout"),
        failing(
            "6 at its limit, and says until when",
            error(429, "rate_limit_exceeded", "Retry-After: 7"),
            429,
            "upstream_rate_limited"),
        failing(
            "7 at its limit, and does not say until when",
            error(429, "rate_limit_exceeded"),
            429,
            "upstream_rate_limited"),
        failing("8 an error of its own", error(503, "overloaded"), 502, "upstream_error"),
        failing("9 our key is refused", error(401, "x"), 502, "upstream_misconfigured"),
        failing(
            "10 the context is too long",
            error(400, "context_length_exceeded"),
            400,
            "context_length_exceeded"),
        failing("11 the prompt is filtered", error(400, "content_filter"), 400, "content_filter"),
        failing(
            "12 broken JSON",
            bytes(RawUpstream.head(200, JSON, half.length), half),
            502,
            "upstream_error"),
        breaking(
            "13 a broken event",
            bytes(RawUpstream.head(200, JSON, 4), utf8("nope")),
            bytes(sse, chunk("half"), utf8("data: {\"choices\":[{\n\n")),
            502,
            "upstream_error"),
        breaking(
            "14 the connection closes early",
            bytes(RawUpstream.head(200, JSON, 500), half),
            bytes(sse, chunk("half"), utf8("data: {\"cho")),
            502,
            "upstream_error"),
        breaking(
            "15 a line without end",
            bytes(RawUpstream.head(200, JSON, 4), utf8("nope")),
            (out, wait) -> {
              out.write(sse);
              out.write(chunk("half"));
              byte[] more = utf8("x".repeat(1 << 20));
              for (int i = 0; i < 17; i++) {
                out.write(more);
              }
            },
            502,
            "upstream_error"),
        breaking(
            "16 a drip that never makes an event",
            (out, wait) -> {
              out.write(RawUpstream.head(200, JSON, 500));
              drip(out, wait);
            },
            (out, wait) -> {
              out.write(sse);
              out.write(chunk("half"));
              drip(out, wait);
            },
            504,
            "timeout"),
        answering(
            "17 invalid UTF-8",
            bytes(
                RawUpstream.head(200, JSON, start.length + invalid.length + end.length),
                start,
                invalid,
                end),
            bytes(
                sse,
                utf8("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a"),
                invalid,
                utf8("b\"},\"finish_reason\":\"stop\"}]," + USAGE + "}\n\ndata: [DONE]\n\n")),
            "succeeded final 18"),
        answering(
            "18 a usage that cannot be",
            whole("text", "stop", "\"usage\":{\"prompt_tokens\":-5,\"completion_tokens\":1e30}"),
            streamed("text", "stop", "\"usage\":{\"prompt_tokens\":\"7\"}"),
            "succeeded estimated"),
        failing("19 it has no such model", error(404, "x"), 502, "upstream_misconfigured"),
        nowhere("20 our key is not there", "keyless", "upstream_misconfigured"),
        answering(
            "21 the answer is filtered",
            whole("text", "content_filter", USAGE),
            streamed("text", "content_filter", USAGE),
            "succeeded final 18"));
  }

  private static void drip(java.io.OutputStream out, RawUpstream.Wait wait)
      throws IOException, InterruptedException {
    for (int i = 0; i < 60; i++) {
      out.write(' ');
      out.flush();
      wait.millis(100);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ways")
  @DisplayName("RES-5 MET-1 each way in which an upstream fails: answer, status, metric and bill")
  void way(Way way) throws Exception {
    for (boolean stream : List.of(false, true)) {
      TestTenant tenant = api.tenant();
      RawKey key = api.userKey(tenant);
      upstream.answer(stream ? way.streamed() : way.whole());
      double before = calls(way);
      long begun = System.nanoTime();
      Answer answer = api.chat(key, ask(way.model(), "hello", "\"stream\":" + stream));
      assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(5));
      assertThat(answer.text()).doesNotContain("Exception");
      // only what is wrong with the request itself is told in the upstream's words
      assertThat(answer.text().contains("sk-secret is at fault")).isEqualTo(way.status() == 400);
      if (stream && way.begun()) {
        streamed(way, answer);
      } else {
        assertThat(answer.status()).as(answer.text()).isEqualTo(way.status());
        way.code().ifPresent(code -> assertThat(answer.errorCode()).isEqualTo(code));
      }
      assertThat(records(tenant)).singleElement().asString().startsWith(way.bill());
      assertThat(calls(way)).as("calls in the metric").isEqualTo(before + 1);
    }
  }

  private static void streamed(Way way, Answer answer) {
    assertThat(answer.status()).isEqualTo(200);
    JsonNode last = answer.chunks().getLast();
    if (way.code().isPresent()) {
      assertThat(last.at("/error/code").asText()).isEqualTo(way.code().get());
      assertThat(answer.events()).doesNotContain("[DONE]");
    } else {
      assertThat(answer.events()).endsWith("[DONE]");
    }
  }

  private static double calls(Way way) {
    return api
        .context()
        .getBean(MeterRegistry.class)
        .find("hermes_llm_request_duration")
        .tag("model", way.model())
        .tag("status", way.ended())
        .timers()
        .stream()
        .mapToLong(timer -> timer.count())
        .sum();
  }

  private static List<String> records(TestTenant tenant) {
    return api.column(
        "select status || ' ' || completeness || ' ' || prompt_tokens + completion_tokens"
            + " from hermes.usage_records where tenant_id = '"
            + tenant.id()
            + "'");
  }
}

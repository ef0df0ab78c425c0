package dev.hermes.api.trace;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.api.trace.Collector.Span;
import dev.hermes.database.key.RawKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Traces as OpenTelemetry's own collector takes them, with the configuration that is shipped. */
class TracesIT {
  private static final String CHAT = "POST /v1/chat/completions";
  private static final String CODE = "import os; print('parent', os.environ.get('TRACEPARENT'))";
  private static final String SECRET = "nobody-may-read-this@example.com";

  private static final List<String> parents = new CopyOnWriteArrayList<>();
  private static Collector collector;
  private static HttpServer upstream;
  private static TestApi api;

  @BeforeAll
  static void start() throws Exception {
    collector = Collector.start();
    upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    upstream.createContext(
        "/",
        exchange -> {
          parents.add(
              exchange.getRequestURI().getPath()
                  + " "
                  + exchange.getRequestHeaders().getFirst("traceparent"));
          boolean bad = exchange.getRequestURI().getPath().startsWith("/bad");
          byte[] body =
              (bad
                      ? "{}"
                      : """
                      {"choices":[{"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],
                       "usage":{"prompt_tokens":7,"completion_tokens":3}}
                      """)
                  .getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(bad ? 500 : 200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    upstream.start();
    Path providers = Files.createTempFile("providers", ".yaml");
    Files.writeString(
        providers,
        """
        demo: {enabled: true}
        retry: {attempts: 2, firstSeconds: 0}
        providers:
          - {name: bad, baseUrl: "http://127.0.0.1:%1$d/bad", models: [told]}
          - {name: good, baseUrl: "http://127.0.0.1:%1$d/good", models: [told], weight: 0, names: {told: real-1}}
          - {name: own, baseUrl: "http://127.0.0.1:%1$d/own", models: [own], trace: true}
        """
            .formatted(upstream.getAddress().getPort()));
    api =
        TestApi.start(
            Map.of(
                "otel.exporter.otlp.endpoint",
                collector.endpoint(),
                "otel.bsp.schedule.delay",
                "100",
                "pod.name",
                "hermes-api-0",
                "hermes.providers-file",
                providers.toString()));
  }

  @AfterAll
  static void stop() {
    api.close();
    upstream.stop(0);
    collector.close();
  }

  private static String traceId() {
    byte[] id = new byte[16];
    ThreadLocalRandom.current().nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  private static String parent(String trace) {
    return "00-" + trace + "-00f067aa0ba902b7-01";
  }

  private static Span only(List<Span> spans, String name) {
    List<Span> found = spans.stream().filter(it -> it.name().equals(name)).toList();
    assertThat(found).as(name + " in " + spans).hasSize(1);
    return found.getFirst();
  }

  @Test
  @DisplayName("OBS-6 OBS-7 a turn with a tool is one trace, the caller's, into the sandbox")
  void turn() {
    TestTenant tenant = api.tenant();
    RawKey key = api.userKey(tenant);
    String trace = traceId();
    Answer answer =
        api.chat(
            key,
            ask("demo", SECRET + "\n```python\n" + CODE + " # " + SECRET + "\n```"),
            "traceparent",
            parent(trace));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    check(collector.whole(trace, CHAT), tenant, answer);
    assertThat(answer.content()).contains("parent 00-" + trace);
    Span exec = only(collector.spans(trace), "sandbox exec");
    assertThat(answer.content()).contains("parent 00-" + trace + "-" + exec.id() + "-01");
    assertThat(collector.everything())
        .doesNotContain(SECRET, "print(", key.text().substring(20, 63), "key:" + key.keyId());
    assertThat(answer.http().headers().map()).doesNotContainKeys("traceparent", "traceresponse");
  }

  @Test
  @DisplayName("OBS-6 the same over a stream, whose trace lasts until its end")
  void stream() {
    TestTenant tenant = api.tenant();
    String trace = traceId();
    Answer answer =
        api.chat(
            api.userKey(tenant),
            ask("demo", "```python\n" + CODE + "\n```", "\"stream\":true"),
            "traceparent",
            parent(trace));
    assertThat(answer.streamedText()).contains("parent 00-" + trace);
    check(collector.whole(trace, CHAT), tenant, answer);
  }

  private static void check(List<Span> spans, TestTenant tenant, Answer answer) {
    Span first = only(spans, CHAT);
    assertThat(first.parent()).isEqualTo("00f067aa0ba902b7");
    assertThat(first.attribute("http.request.method")).contains("POST");
    assertThat(first.attribute("http.route")).contains("/v1/chat/completions");
    assertThat(first.attribute("http.response.status_code")).contains("200");
    assertThat(first.attribute("hermes.tenant.id")).contains(tenant.id().toString());
    assertThat(first.attribute("hermes.request.id")).contains(answer.header("x-request-id"));
    assertThat(only(spans, "authenticate").parent()).isEqualTo(first.id());

    List<Span> calls = spans.stream().filter(it -> it.name().equals("chat demo")).toList();
    assertThat(calls)
        .hasSize(2)
        .allSatisfy(call -> {
          assertThat(call.parent()).isEqualTo(first.id());
          assertThat(call.attribute("gen_ai.operation.name")).contains("chat");
          assertThat(call.attribute("gen_ai.provider.name")).contains("hermes-demo");
          assertThat(call.attribute("gen_ai.request.model")).contains("demo");
          assertThat(call.attribute("gen_ai.usage.input_tokens")).isPresent();
          assertThat(call.attribute("gen_ai.usage.output_tokens")).isPresent();
        });
    assertThat(calls.getFirst().attribute("gen_ai.response.finish_reasons").orElseThrow())
        .contains("tool_calls");

    Span tool = only(spans, "execute_tool python");
    assertThat(tool.parent()).isEqualTo(first.id());
    assertThat(tool.attribute("gen_ai.tool.name")).contains("python");
    assertThat(tool.attribute("gen_ai.tool.call.id")).contains("call_demo_1");
    assertThat(tool.failed()).isFalse();
    Span claim = only(spans, "sandbox claim");
    assertThat(claim.parent()).isEqualTo(tool.id());
    assertThat(claim.attribute("hermes.sandbox.start")).contains("cold");
    Span exec = only(spans, "sandbox exec");
    assertThat(exec.parent()).isEqualTo(tool.id());
    assertThat(exec.attribute("process.exit.code")).contains("0");
    assertThat(spans.stream().filter(it -> it.name().equals("transaction")))
        .hasSizeGreaterThan(2)
        .allSatisfy(it -> assertThat(it.attribute("db.system.name")).contains("postgresql"))
        .anySatisfy(it -> assertThat(it.parent()).isEqualTo(first.id()))
        .anySatisfy(it -> assertThat(it.parent()).isEqualTo(tool.id()))
        .anySatisfy(it -> assertThat(it.parent()).isEqualTo(claim.id()));
    List<String> ids = spans.stream().map(Span::id).toList();
    assertThat(spans).allMatch(it -> it == first || ids.contains(it.parent()));
  }

  @Test
  @DisplayName("the control: without the header a trace of its own; what fails says so")
  void ownTrace() {
    RawKey key = api.userKey(api.tenant());
    Answer wrong = api.chat(key, ask("no-such", "x"));
    assertThat(wrong.status()).isEqualTo(404);
    Awaitility.await().until(() -> collector.everything().contains(wrong.header("x-request-id")));
    Span first = collector.of(wrong.header("x-request-id"));
    assertThat(first.parent()).isEmpty();
    assertThat(first.attribute("http.response.status_code")).contains("404");
    String one = traceId();
    api.get("/v1/me", key);
    api.send("GET", "/v1/me", key, null, request -> request.header("traceparent", parent(one)));
    assertThat(collector.whole(one, "GET /v1/me")).hasSizeBetween(2, 5);
    String refused = traceId();
    Answer nobody =
        api.send(
            "GET",
            "/v1/sessions/" + SECRET,
            null,
            null,
            request -> request.header("traceparent", parent(refused)));
    assertThat(nobody.status()).isEqualTo(401);
    List<Span> spans = collector.whole(refused, "GET /v1/sessions/{id}");
    assertThat(only(spans, "authenticate").attribute("error.type")).contains("unauthenticated");
    assertThat(only(spans, "GET /v1/sessions/{id}").failed()).isFalse();
    assertThat(collector.everything()).doesNotContain(SECRET);
  }

  @Test
  @DisplayName("OBS-6 a fallback is another span; a third party is told no trace, one of ours is")
  void upstreams() {
    RawKey key = api.userKey(api.tenant());
    String trace = traceId();
    assertThat(api.chat(key, ask("told", "x"), "traceparent", parent(trace)).content())
        .isEqualTo("hello");
    List<Span> calls =
        collector.whole(trace, CHAT).stream().filter(it -> it.name().equals("chat told")).toList();
    assertThat(calls).hasSize(2);
    Span failed = calls.stream().filter(Span::failed).findFirst().orElseThrow();
    assertThat(failed.attribute("gen_ai.provider.name")).contains("bad");
    assertThat(failed.attribute("error.type")).contains("failed");
    Span well = calls.stream().filter(it -> !it.failed()).findFirst().orElseThrow();
    assertThat(well.attribute("gen_ai.provider.name")).contains("good");
    assertThat(well.attribute("gen_ai.response.model")).contains("real-1");
    assertThat(well.attribute("gen_ai.usage.input_tokens")).contains("7");
    assertThat(well.attribute("gen_ai.usage.output_tokens")).contains("3");
    assertThat(parents).contains("/bad/chat/completions null", "/good/chat/completions null");

    String own = traceId();
    api.chat(key, ask("own", "x"), "traceparent", parent(own));
    Span call = only(collector.whole(own, CHAT), "chat own");
    assertThat(parents).contains("/own/chat/completions 00-" + own + "-" + call.id() + "-01");
  }

  @Test
  @DisplayName("OBS-7 metrics that come to the collector over OTLP go to where Prometheus would be")
  void metrics() throws Exception {
    var response =
        api.http()
            .send(
                HttpRequest.newBuilder(java.net.URI.create(collector.endpoint() + "/v1/metrics"))
                    .header("Content-Type", "application/json")
                    .POST(
                        BodyPublishers.ofString(
                            """
                            {"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"of_an_app",
                             "gauge":{"dataPoints":[{"asInt":"1","timeUnixNano":"1767225600000000000"}]}}]}]}]}
                            """))
                    .build(),
                java.net.http.HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(200);
    Awaitility.await().until(() -> collector.metrics().toString().contains("of_an_app"));
  }
}

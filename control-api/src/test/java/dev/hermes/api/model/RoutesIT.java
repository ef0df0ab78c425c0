package dev.hermes.api.model;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.FakeUpstream;
import dev.hermes.api.testing.TestApi;
import dev.hermes.database.key.RawKey;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two upstreams of one model, over HTTP: which is asked, and what the client and the bill see. */
class RoutesIT {
  private static final String MODEL = "fake-echo";

  @TempDir Path folder;
  private FakeUpstream first;
  private FakeUpstream second;
  private TestApi api;
  private RawKey key;

  @BeforeEach
  void start() throws IOException {
    first = FakeUpstream.start();
    second = FakeUpstream.start();
    Path file = folder.resolve("providers.yaml");
    Files.writeString(
        file,
        "retry: {firstSeconds: 0}\nbreaker: {failures: 5, openSeconds: 2}\nproviders:\n"
            + first.yaml("first", 1, MODEL)
            + second.yaml("second", 0, MODEL)
            + first.yaml("alone", 1, "fake-cut").replace("timeoutSeconds: 1", "timeoutSeconds: 9"));
    api = TestApi.shared().replica(Map.of("hermes.providers-file", file.toString()));
    key = api.userKey(api.tenant());
  }

  @AfterEach
  void stop() {
    api.close();
    first.close();
    second.close();
  }

  private JsonNode usage() {
    return api.get("/v1/usage?group_by=provider", key).json().path("data");
  }

  private double breaker(String provider) {
    return api.context()
        .getBean(MeterRegistry.class)
        .get("hermes_breaker_state")
        .tag("connector", provider)
        .gauge()
        .value();
  }

  @Test
  @DisplayName("AGW-13 the first fails: the second answers, and usage names it and says degraded")
  void degraded() {
    for (String stream : new String[] {"\"stream\":false", "\"stream\":true"}) {
      first.refuse(503, Map.of());
      Answer answer = api.chat(key, ask(MODEL, "hello", stream));
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(answer.text()).contains("hello");
    }
    assertThat(first.requests()).hasSize(2);
    assertThat(second.requests()).hasSize(2);
    api.chat(key, ask(MODEL, "well again"));
    JsonNode usage = usage();
    assertThat(usage).hasSize(2);
    assertThat(usage.at("/0/group").asText()).isEqualTo("first");
    assertThat(usage.at("/0/degraded_requests").asInt()).isZero();
    assertThat(usage.at("/1/group").asText()).isEqualTo("second");
    assertThat(usage.at("/1/requests").asInt()).isEqualTo(2);
    assertThat(usage.at("/1/degraded_requests").asInt()).isEqualTo(2);
    assertThat(usage.at("/1/total_tokens").asInt()).as("each counted once").isEqualTo(36);
  }

  @Test
  @DisplayName(
      "MET-1 a call costs what the upstream that answered takes, and what failed before it")
  void cost() throws IOException {
    Path priced = folder.resolve("priced.yaml");
    Files.writeString(
        priced,
        "retry: {firstSeconds: 0}\nproviders:\n"
            + first.yaml("first", 1, MODEL)
            + "      prices: {fake-echo: {input: 1, output: 2}}\n"
            + second.yaml("second", 0, MODEL)
            + "      prices: {fake-echo: {input: 10, output: 20}}\n"
            + first.yaml("cut", 1, "fake-cut")
            + "      prices: {fake-cut: {input: 1, output: 1}}\n");
    try (TestApi other =
        TestApi.shared().replica(Map.of("hermes.providers-file", priced.toString()))) {
      RawKey own = other.userKey(other.tenant());
      other.chat(own, ask(MODEL, "x"));
      first.refuse(503, Map.of());
      other.chat(own, ask(MODEL, "x"));
      JsonNode usage = other.get("/v1/usage?group_by=provider", own).json().path("data");
      assertThat(usage.at("/0/group").asText()).isEqualTo("first");
      assertThat(usage.at("/0/cost_nanousd").asLong()).isEqualTo(11 * 1000 + 7 * 2000);
      assertThat(usage.at("/1/cost_nanousd").asLong()).isEqualTo(11 * 10_000 + 7 * 20_000);
      Answer cut = other.chat(own, ask("fake-cut", "x", "\"stream\":true"));
      assertThat(cut.text()).contains("upstream_error");
      assertThat(
              other.get("/v1/usage?group_by=model", own).json().at("/data/0/cost_nanousd").asLong())
          .as("what broke off costs too")
          .isPositive();
    }
  }

  @Test
  @DisplayName("RES-5 three upstream calls at most, and Retry-After is heeded")
  void attempts() {
    first.refuse(429, Map.of("Retry-After", "1"));
    second.refuse(429, Map.of("Retry-After", "1"));
    long begun = System.nanoTime();
    assertThat(api.chat(key, ask(MODEL, "x")).status()).isEqualTo(200);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofSeconds(1));
    assertThat(first.requests().size() + second.requests().size()).isEqualTo(3);

    first.forget();
    second.forget();
    for (int i = 0; i < 2; i++) {
      first.refuse(500, Map.of());
      second.refuse(500, Map.of());
    }
    Answer failed = api.chat(key, ask(MODEL, "x"));
    assertThat(failed.status()).isEqualTo(502);
    assertThat(failed.errorCode()).isEqualTo("upstream_error");
    assertThat(first.requests().size() + second.requests().size()).isEqualTo(3);
  }

  @Test
  @DisplayName("RES-5 what the client has read in part is not asked for again")
  void partly() {
    Answer answer = api.chat(key, ask("fake-cut", "x", "\"stream\":true"));
    assertThat(answer.chunks().getLast().at("/error/code").asText()).isEqualTo("upstream_error");
    assertThat(first.requests()).hasSize(1);
  }

  @Test
  @DisplayName(
      "RES-1 an upstream that fails is left alone, and is asked again when its time is over")
  void breaker() throws Exception {
    for (int i = 0; i < 5; i++) {
      first.refuse(500, Map.of());
    }
    for (int i = 0; i < 5; i++) {
      assertThat(api.chat(key, ask(MODEL, "x")).status()).isEqualTo(200);
    }
    assertThat(breaker("first")).isEqualTo(2);
    assertThat(breaker("second")).isZero();
    first.forget();
    for (int i = 0; i < 5; i++) {
      assertThat(api.chat(key, ask(MODEL, "x")).status()).isEqualTo(200);
    }
    assertThat(first.requests()).isEmpty();
    Thread.sleep(2000);
    api.chat(key, ask(MODEL, "x"));
    api.chat(key, ask(MODEL, "x"));
    assertThat(first.requests()).hasSize(2);
    assertThat(breaker("first")).isZero();
  }

  @Test
  @DisplayName("RES-1 no upstream is asked: 503, and when to come back")
  void nobody() {
    for (int i = 0; i < 8; i++) {
      first.refuse(500, Map.of());
      second.refuse(500, Map.of());
    }
    for (int i = 0; i < 4; i++) {
      api.chat(key, ask(MODEL, "x"));
    }
    first.forget();
    second.forget();
    Answer answer = api.chat(key, ask(MODEL, "x"));
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.errorCode()).isEqualTo("upstream_unavailable");
    assertThat(answer.header("Retry-After")).isEqualTo("1");
    assertThat(first.requests()).isEmpty();
    assertThat(second.requests()).isEmpty();
  }

  @Test
  @DisplayName("PRF-3 RES-7 who asks for it gets an answer again, free of charge; others do not")
  void cached() {
    String[] use = {"X-Hermes-Cache", "use"};
    assertThat(api.chat(key, ask(MODEL, "again")).status()).isEqualTo(200);
    for (int i = 0; i < 3; i++) {
      Answer answer = api.chat(key, ask(MODEL, "again", "\"stream\":" + (i == 2)), use);
      assertThat(answer.text()).contains("again");
    }
    assertThat(first.requests()).as("one without, one to fill").hasSize(2);
    JsonNode usage = usage();
    assertThat(usage.at("/0/group").asText()).isEqualTo("cache");
    assertThat(usage.at("/0/requests").asInt()).isEqualTo(2);
    assertThat(usage.at("/0/total_tokens").asInt()).isZero();
    assertThat(usage.at("/1/total_tokens").asInt()).isEqualTo(36);

    assertThat(api.chat(api.userKey(api.tenant()), ask(MODEL, "again"), use).status())
        .isEqualTo(200);
    assertThat(first.requests()).as("another tenant's is its own").hasSize(3);
    Answer bad = api.chat(key, ask(MODEL, "again"), "X-Hermes-Cache", "please");
    assertThat(bad.status()).isEqualTo(400);
    assertThat(bad.json().at("/error/param").asText()).isEqualTo("X-Hermes-Cache");
  }
}

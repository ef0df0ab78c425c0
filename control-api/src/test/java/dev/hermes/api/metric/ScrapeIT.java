package dev.hermes.api.metric;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.hermes.api.egress.ReportServer;
import dev.hermes.api.health.ManagementServer;
import dev.hermes.api.testing.FakeEmbeddings;
import dev.hermes.api.testing.FakeUpstream;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import dev.hermes.database.testing.Scrape;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Prometheus gets, after a day of this replica in small. */
class ScrapeIT {
  private static final String MODEL = "fake-echo";
  private static final String CODE = "```python\nprint(1)\n```";

  /** Nothing is wrong while these are 0, and nothing was wrong. */
  private static final Set<String> TROUBLE =
      Set.of("hermes_db_connection_failures_total", "hermes_usage_records_lost_total");

  /** Begun at 0 for each provider, so that a rate sees the first one. */
  private static final Set<String> OF_EACH_PROVIDER =
      Set.of("hermes_llm_calls_shut_total", "hermes_llm_fallbacks_total");

  /** Nobody waits for a connection, and no tenant here has a database of its own. */
  private static final Set<String> MAY_BE_ZERO =
      Set.of(
          "hermes_db_pool_pending",
          "hermes_db_dedicated",
          "hermes_data_plane_connections",
          "jvm_gc_live_data_size_bytes");

  @TempDir private static Path folder;
  private static FakeUpstream first;
  private static FakeUpstream second;
  private static FakeUpstream tight;
  private static FakeEmbeddings embeddings;
  private static TestApi api;

  @BeforeAll
  static void start() throws IOException {
    first = FakeUpstream.start();
    second = FakeUpstream.start();
    tight = FakeUpstream.start();
    embeddings = new FakeEmbeddings();
    Path file = folder.resolve("providers.yaml");
    Files.writeString(
        file,
        "demo: {enabled: true}\nretry: {firstSeconds: 0}\nbreaker: {failures: 2}\nproviders:\n"
            + first.yaml("first", 1, MODEL)
            + second.yaml("second", 0, MODEL)
            + "      prices: {fake-echo: {input: 1, output: 2}}\n"
            + tight.yaml("tight", 1, "fake-tight")
            + "      windows: {fake-tight: 4000}\n"
            + embeddings.yaml("embeddings", "small", 1).indent(2)
            + "    - {name: nowhere, baseUrl: \"http://127.0.0.1:1/v1\", models: [absent]}\n"
            + "aliases: [{name: tight, model: fake-tight, summary: {}}]\n");
    // a database of its own: PostgreSQL's view of it is of this process alone
    api = TestApi.start(Map.of("hermes.providers-file", file.toString()));
  }

  @AfterAll
  static void stop() {
    api.close();
    first.close();
    second.close();
    tight.close();
    embeddings.close();
  }

  @Test
  @DisplayName("OBS-2 F-1 after a real scenario every series is above 0; names, types, labels")
  void golden() throws Exception {
    TestTenant tenant = api.tenant();
    RawKey key = api.userKey(tenant);
    tools(key);
    models(key);
    limit();
    repeat(key);
    outgrow(key);
    others();
    Thread turn =
        Thread.ofVirtual()
            .start(() ->
                api.chat(
                    key,
                    ask("demo", "```python\nimport time\ntime.sleep(4)\n```"),
                    "X-Hermes-Session-Id",
                    "long"));
    await().until(() -> scrape().highest("hermes_active_sessions") > 0);
    Scrape scrape = scrape();
    turn.join();

    scrape.isGolden();
    assertThat(scrape.counts())
        .filteredOn(sample -> sample.name().startsWith("hermes_"))
        .filteredOn(sample -> !TROUBLE.contains(sample.name()))
        .filteredOn(sample -> !OF_EACH_PROVIDER.contains(sample.name()))
        .filteredOn(sample -> sample.value() == 0)
        .isEmpty();
    assertThat(scrape.types().keySet())
        .filteredOn(name -> name.startsWith("hermes_") && !name.endsWith("_max"))
        .filteredOn(name -> String.valueOf(scrape.types().get(name)).matches("counter|gauge"))
        .filteredOn(name -> !TROUBLE.contains(name) && !MAY_BE_ZERO.contains(name))
        .filteredOn(name -> !(scrape.highest(name) > 0))
        .isEmpty();
    assertThat(scrape.highest("hermes_cost_usd_total"))
        .as("three answers of 11 + 2 * 7 millionths of a dollar")
        .isCloseTo(75e-6, within(1e-9));

    assertThat(scrape().highest("hermes_active_sessions")).isZero();
    assertThat(scrape().highest("hermes_chat_turns_running")).isZero();
  }

  private static void tools(RawKey key) {
    assertThat(api.chat(key, ask("demo", CODE), "X-Hermes-Session-Id", "s").status())
        .isEqualTo(200);
    api.get("/v1/sessions", key);
    api.get("/v1/usage", key);
  }

  /** Two failures open the breaker of the first, and the second has the rest. */
  private static void models(RawKey key) {
    for (int i = 0; i < 2; i++) {
      first.refuse(503, Map.of());
      assertThat(api.chat(key, ask(MODEL, "x" + i)).status()).isEqualTo(200);
    }
    for (int i = 0; i < 2; i++) {
      assertThat(api.chat(key, ask(MODEL, "again"), "X-Hermes-Cache", "use").status())
          .isEqualTo(200);
    }
    assertThat(api.chat(key, ask("absent", "x")).status()).isGreaterThanOrEqualTo(500);
    assertThat(api.post("/v1/embeddings", key, "{\"model\":\"small\",\"input\":\"one\"}").status())
        .isEqualTo(200);
  }

  private static void limit() {
    RawKey key = api.userKey(api.operator().apply(TestTenant.create().withRequestsPerMinute(1)));
    assertThat(api.chat(key, ask("demo", "x")).status()).isEqualTo(200);
    assertThat(api.chat(key, ask("demo", "x")).status()).isEqualTo(429);
  }

  private static void repeat(RawKey key) {
    for (int i = 0; i < 2; i++) {
      assertThat(api.chat(key, ask("demo", "once"), "Idempotency-Key", "k").status())
          .isEqualTo(200);
    }
  }

  /** Turns of a session that its model's window does not take. */
  private static void outgrow(RawKey key) {
    for (int i = 0; i < 5; i++) {
      String text = i + " " + "x".repeat(2_000);
      assertThat(api.chat(key, ask("tight", text), "X-Hermes-Session-Id", "tight").status())
          .isEqualTo(200);
    }
  }

  private static void others() {
    int reports = api.context().getBean(ReportServer.class).port();
    for (URI uri :
        List.of(
            api.dataPlane("/health"),
            URI.create("http://127.0.0.1:" + reports + "/internal/egress-reports"))) {
      api.send(HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString("{}")).build());
    }
  }

  @Test
  @DisplayName("OBS-1 10,000 paths that there are not add no series, and are in no label")
  void randomPaths() {
    api.get("/v1/nothing/" + UUID.randomUUID(), null);
    Set<Series> before = ofRequests();
    for (int i = 0; i < 10_000; i++) {
      api.get("/v1/made-up-" + UUID.randomUUID(), null);
    }
    assertThat(ofRequests()).isEqualTo(before).isNotEmpty();
    assertThat(scrape().samples().toString()).doesNotContain("made-up");
    // the control: a path that there is has series of its own
    api.get("/v1/openapi", null);
    assertThat(ofRequests()).hasSizeGreaterThan(before.size());
  }

  private record Series(String name, Map<String, String> labels) {}

  /** Those that name a path: the JVM's own and those of background work come when they come. */
  private static Set<Series> ofRequests() {
    return scrape().samples().stream()
        .filter(sample -> sample.labels().containsKey("path"))
        .map(sample -> new Series(sample.name(), sample.labels()))
        .collect(Collectors.toSet());
  }

  @Test
  @DisplayName("OBS-4 the pool's figures are what PostgreSQL sees of it")
  void pool() {
    await()
        .untilAsserted(() ->
            assertThat(
                    api.column(
                        "select count(*) from pg_stat_activity where datname = current_database()"
                            + " and application_name = 'hermes-api-app'"))
                .containsExactly(Integer.toString((int) size("hermes_db_pool_size"))));
    assertThat(size("hermes_db_pool_max")).isEqualTo(10);
    assertThat(size("hermes_db_pool_active") + size("hermes_db_pool_idle"))
        .isBetween(size("hermes_db_pool_size") - 1, size("hermes_db_pool_size") + 1);
  }

  private static double size(String name) {
    return scrape().samples().stream()
        .filter(sample -> sample.name().equals(name))
        .filter(sample -> "hermes-api-app".equals(sample.labels().get("pool")))
        .findFirst()
        .orElseThrow()
        .value();
  }

  private static Scrape scrape() {
    int port = api.context().getBean(ManagementServer.class).port();
    return Scrape.of(
        api.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build())
            .text());
  }
}

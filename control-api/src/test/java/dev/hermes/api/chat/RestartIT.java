package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.FakeUpstream;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A replica is restarted amid a turn whose request has a key. */
class RestartIT {
  @TempDir private static Path folder;

  @ParameterizedTest(name = "streamed: {0}")
  @ValueSource(booleans = {false, true})
  @DisplayName(
      "AGW-15 a restart cuts no turn short: its repeat goes on at once, on another replica")
  void goesOn(boolean streamed) throws Exception {
    try (FakeUpstream upstream = FakeUpstream.start()) {
      Path file = folder.resolve("providers.yaml");
      Files.writeString(file, upstream.providersYaml());
      Map<String, Object> settings = Map.of("hermes.providers-file", file.toString());
      try (TestApi other = TestApi.shared().replica(settings);
          TestApi ending =
              TestApi.shared()
                  .replica(
                      Map.of("hermes.providers-file", file.toString(), "hermes.drain", "500ms"))) {
        TestTenant tenant = other.tenant();
        RawKey key = other.userKey(tenant);
        String body = ask("fake-steps", "go", "\"stream\":" + streamed);
        CountDownLatch gate = upstream.hold(1);
        CompletableFuture<Answer> cut =
            CompletableFuture.supplyAsync(
                () -> ending.chat(key, body, "Idempotency-Key", "k"),
                task -> Thread.ofVirtual().start(task));
        Awaitility.await("the second call is at its upstream").until(() -> asked(upstream, 1) == 1);
        ending
            .context()
            .getBean(TurnWatch.class)
            .shutdownGracefully()
            .toCompletableFuture()
            .get(5, TimeUnit.SECONDS);
        Answer lost = cut.get(10, TimeUnit.SECONDS);
        assertThat(lost.text()).contains("replica_restarting").contains("same Idempotency-Key");
        if (!streamed || lost.status() != 200) {
          assertThat(lost.status()).isEqualTo(503);
          assertThat(lost.header("Retry-After")).isEqualTo("1");
        }

        gate.countDown();
        Answer answer = other.chat(key, body, "Idempotency-Key", "k");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(streamed ? answer.streamedText() : answer.content())
            .as("both results")
            .matches("steps: [0-9a-f-]{36} [0-9a-f-]{36}");
        assertThat(asked(upstream, 0)).as("what was said before is not asked again").isEqualTo(1);
        assertThat(
                other.column(
                    "select status from hermes.execution_receipts where tenant_id = '"
                        + tenant.id()
                        + "'"))
            .as("each tool has run once")
            .containsExactly("succeeded", "succeeded");
      }
    }
  }

  /** How often the model was asked with so many results of tools. */
  private static long asked(FakeUpstream upstream, int results) {
    return upstream.requests().stream()
        .filter(it ->
            it.path("messages").findValuesAsText("role").stream().filter("tool"::equals).count()
                == results)
        .count();
  }
}

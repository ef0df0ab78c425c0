package dev.hermes.api.model;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.testing.FakeUpstream;
import dev.hermes.api.testing.TestApi;
import dev.hermes.database.key.RawKey;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The providers file changes under a running API. */
class ProvidersReloadIT {
  @TempDir Path folder;
  private FakeUpstream upstream;
  private TestApi api;
  private RawKey key;

  @BeforeEach
  void start() throws IOException {
    upstream = FakeUpstream.start();
    write("providers:\n" + upstream.yaml("first", 1, "fake-echo"));
    api =
        TestApi.shared()
            .replica(
                Map.of(
                    "hermes.providers-file", file().toString(), "hermes.providers-look", "50ms"));
    key = api.userKey(api.tenant());
  }

  @AfterEach
  void stop() {
    api.close();
    upstream.close();
  }

  private Path file() {
    return folder.resolve("providers.yaml");
  }

  /** As the kubelet exchanges a mounted ConfigMap: at once, or not at all. */
  private void write(String text) throws IOException {
    Path next = Files.writeString(folder.resolve("next"), text);
    Files.move(next, file(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private int status(String model) {
    return api.chat(key, ask(model, "x")).status();
  }

  private double gauge(String name) {
    return api.context().getBean(MeterRegistry.class).get(name).gauge().value();
  }

  @Test
  @DisplayName("AGW-13 a model comes and another goes without a restart")
  void changed() throws IOException {
    assertThat(status("fake-echo")).isEqualTo(200);
    assertThat(status("vendor/fake:1")).as("control").isEqualTo(404);
    write("providers:\n" + upstream.yaml("second", 1, "\"vendor/fake:1\""));
    Awaitility.await().until(() -> status("vendor/fake:1") == 200);
    assertThat(status("fake-echo")).isEqualTo(404);
    assertThat(api.get("/v1/models", key).json().path("data")).hasSize(1);
  }

  @Test
  @DisplayName("AGW-13 a file with a mistake: what was in force stays, the gauge says so")
  void broken() throws IOException {
    write("providers: [{name: x, baseUrl: 'http://y', models: [z], timoutSeconds: 5}]");
    Awaitility.await().until(() -> gauge("hermes_providers_file_in_force") == 0);
    assertThat(status("fake-echo")).isEqualTo(200);
    write("providers:\n" + upstream.yaml("first", 1, "fake-echo") + "retry: {attempts: 1}\n");
    Awaitility.await().until(() -> gauge("hermes_providers_file_in_force") == 1);
    assertThat(status("fake-echo")).isEqualTo(200);
  }

  @Test
  @DisplayName("RES-1 an upstream that stays as it is stays shut; one that is changed begins anew")
  void breakers() throws IOException {
    String rule = "retry: {attempts: 1}\nbreaker: {failures: 1}\nproviders:\n";
    String first = upstream.yaml("first", 1, "fake-echo");
    write(rule + first);
    Awaitility.await()
        .until(() -> {
          upstream.refuse(500, Map.of());
          api.chat(key, ask("fake-echo", "x"));
          return gauge("hermes_breaker_state") == 2;
        });
    write(rule + first + upstream.yaml("second", 1, "fake-python"));
    Awaitility.await().until(() -> status("fake-python") == 200);
    assertThat(status("fake-echo")).as("still shut").isEqualTo(503);
    write(rule + first.replace("timeoutSeconds: 1", "timeoutSeconds: 2"));
    Awaitility.await().until(() -> status("fake-echo") == 200);
  }
}

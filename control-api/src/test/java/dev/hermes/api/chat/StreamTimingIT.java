package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.testing.TestApi;
import dev.hermes.database.key.RawKey;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Events reach the client when they are made, not when the answer is over. */
class StreamTimingIT {
  private final TestApi api = TestApi.shared();

  @Test
  @DisplayName("an event is flushed at once: the first is read while the provider still stalls")
  void flushed() throws Exception {
    RawKey key = api.userKey(api.tenant());
    try (BufferedReader lines = open(key, ask("fake-stall", "x", "\"stream\":true"))) {
      assertThat(lines.readLine()).contains("\"role\":\"assistant\"");
      assertThat(lines.readLine()).isEmpty();
      long begun = System.nanoTime();
      assertThat(lines.readLine()).contains("begun ");
      assertThat(System.nanoTime() - begun).isLessThan(800_000_000L);
    }
  }

  @Test
  @DisplayName("AGW-3 a comment comes within 10 s while a tool runs")
  void heartbeat() throws Exception {
    RawKey key =
        api.userKey(
            api.operator()
                .apply(
                    dev.hermes.api.testing.TestTenant.create()
                        .withPolicies(
                            java.util.List.of(
                                dev.hermes.api.testing.TestTenant.policy(
                                    new dev.hermes.crds.sandboxpolicy.SandboxPolicySpec.Limits(
                                        51200, 10240, 50, 30, 300, 3600, 16),
                                    null)))));
    long begun = System.nanoTime();
    try (BufferedReader lines =
        open(key, ask("demo", "```bash\nsleep 10\necho done\n```", "\"stream\":true"))) {
      assertThat(lines.readLine()).startsWith(":");
      assertThat(System.nanoTime() - begun).isLessThan(10_000_000_000L);
      assertThat(lines.lines().filter(it -> it.equals("data: [DONE]"))).hasSize(1);
    }
  }

  private BufferedReader open(RawKey key, String body) throws Exception {
    return new BufferedReader(
        new InputStreamReader(
            api.http()
                .send(
                    api.request("/v1/chat/completions", key)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                    BodyHandlers.ofInputStream())
                .body(),
            StandardCharsets.UTF_8));
  }
}

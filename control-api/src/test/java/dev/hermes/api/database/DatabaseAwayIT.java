package dev.hermes.api.database;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.dataplane.PlaneCalls;
import dev.hermes.api.dataplane.PlaneCalls.Access;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.database.key.RawKey;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DatabaseAwayIT {

  @Test
  @DisplayName("PostgreSQL away: 503 with Retry-After, not ready; it comes back by itself")
  void away() throws Exception {
    TestApi shared = TestApi.shared();
    String url = shared.database().url();
    int port = URI.create(url.substring("jdbc:".length())).getPort();
    try (TcpProxy proxy = new TcpProxy(port);
        TestApi api =
            shared.replica(
                Map.of("hermes.db-url", url.replace(":" + port + "/", ":" + proxy.port() + "/")))) {
      RawKey key = api.userKey(api.tenant());
      assertThat(api.chat(key, ask("demo", "x"), "X-Hermes-Session-Id", "s").status())
          .isEqualTo(200);
      Access sandbox = PlaneCalls.made(api, key);
      assertThat(PlaneCalls.output(PlaneCalls.run(api, sandbox, "echo control")))
          .isEqualTo("control\n");
      proxy.cut();
      assertThat(PlaneCalls.run(api, sandbox, "touch marker").statusCode()).isEqualTo(503);
      Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> api.get("/v1/health/ready", null).status() == 503);
      assertThat(api.get("/v1/health/live", null).status()).isEqualTo(200);
      // for two seconds what is cached may still answer
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> api.get("/v1/me", key).status() == 503);
      for (Answer answer :
          java.util.List.of(
              api.get("/v1/me", key),
              api.chat(key, ask("demo", "x"), "X-Hermes-Session-Id", "s"),
              api.chat(key, ask("demo", "x", "\"stream\":true")))) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(503);
        assertThat(answer.errorCode()).isEqualTo("database_unavailable");
        assertThat(answer.header("Retry-After")).isEqualTo("2");
        assertThat(answer.text()).doesNotContain("PSQL").doesNotContain("Hikari");
      }
      proxy.mend();
      Awaitility.await()
          .atMost(Duration.ofSeconds(15))
          .until(() -> api.get("/v1/health/ready", null).status() == 200);
      assertThat(api.chat(key, ask("demo", "x"), "X-Hermes-Session-Id", "s").status())
          .isEqualTo(200);
      assertThat(PlaneCalls.output(PlaneCalls.run(api, sandbox, "ls; touch marker")))
          .doesNotContain("marker");
      assertThat(PlaneCalls.output(PlaneCalls.run(api, sandbox, "ls")))
          .as("control")
          .contains("marker");
    }
  }
}

package dev.hermes.api.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.testing.TestApi;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FallenWallIT {
  private static final String SOUND =
      "create policy tenant_delete on hermes.messages for delete to hermes_app, hermes_owner"
          + " using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))";

  @Test
  @DisplayName("R48 a policy dropped in production: not ready within 60 s, ready again with it")
  void fallen() throws Exception {
    // The period that is shipped, not a shorter one for the test.
    try (TestApi api = TestApi.start(Map.of())) {
      execute(api, "drop policy tenant_delete on hermes.messages");
      long fell = System.nanoTime();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> api.get("/v1/health/ready", null).status() == 503);
      System.out.printf(
          "R48: not ready %d s after a policy fell%n",
          Duration.ofNanos(System.nanoTime() - fell).toSeconds());
      assertThat(api.get("/v1/health/live", null).status()).isEqualTo(200);
      execute(api, SOUND);
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> api.get("/v1/health/ready", null).status() == 200);
    }
  }

  @Test
  @DisplayName("R48 control: a harmless change of the schema leaves the process ready")
  void harmless() throws Exception {
    try (TestApi api = TestApi.start(Map.of("hermes.wall-check", "1s"))) {
      execute(api, "comment on table hermes.messages is 'looked at'");
      Awaitility.await()
          .during(Duration.ofSeconds(4))
          .atMost(Duration.ofSeconds(10))
          .until(() -> api.get("/v1/health/ready", null).status() == 200);
    }
  }

  private static void execute(TestApi api, String sql) throws Exception {
    try (Connection superuser = api.database().superuser();
        Statement statement = superuser.createStatement()) {
      statement.execute(sql);
    }
  }
}

package dev.hermes.api.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What expires of tenants that no longer come. */
class SweeperIT {
  private static final TestApi API = TestApi.shared();

  private final TestTenant tenant = API.tenant();
  private final RawKey key = API.userKey(tenant);

  private String respond(String idempotencyKey) {
    Answer answer =
        API.send(
            "POST",
            "/v1/responses",
            key,
            "{\"model\":\"fake-echo\",\"input\":\"x\"}",
            request -> request.header("Idempotency-Key", idempotencyKey));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json().path("id").asText();
  }

  private List<String> rows(String table, String column) {
    return API.column(
        "select %s::text from hermes.%s where tenant_id = '%s'"
            .formatted(column, table, tenant.id()));
  }

  private void superuser(String sql) throws Exception {
    try (var superuser = API.database().superuser();
        var statement = superuser.createStatement()) {
      statement.execute(sql + " and tenant_id = '" + tenant.id() + "'");
    }
  }

  @Test
  @DisplayName(
      "AGW-15 GDP-2 keys and responses that have expired end by a replica that knows no such tenant")
  void quiet() throws Exception {
    String old = respond("old");
    String young = respond("young");
    superuser(
        "update hermes.idempotency_keys set expires_at = now() - interval '1 s'"
            + " where response_id = '"
            + old
            + "'");
    superuser(
        "update hermes.responses set created_at = now() - interval '721 hours'"
            + " where response_id = '"
            + old
            + "'");
    superuser(
        "update hermes.responses set created_at = now() - interval '719 hours'"
            + " where response_id = '"
            + young
            + "'");
    superuser("update hermes.tenants set swept_at = now() - interval '5 hours' where true");
    assertThat(rows("responses", "response_id")).as("control: not its turn").hasSize(2);

    try (TestApi stranger = TestApi.shared().replica(Map.of("hermes.sweep", "2s"))) {
      Awaitility.await()
          .untilAsserted(() -> {
            assertThat(rows("responses", "response_id")).containsExactly(young);
            assertThat(rows("idempotency_keys", "response_id")).containsExactly(young);
          });
      Thread.sleep(2_500);
      assertThat(rows("responses", "response_id")).as("control").containsExactly(young);
      assertThat(rows("idempotency_keys", "response_id")).containsExactly(young);
      assertThat(stranger.get("/v1/responses/" + old, key).status()).isEqualTo(404);
      assertThat(stranger.get("/v1/responses/" + young, key).status()).isEqualTo(200);
    }
  }

  @Test
  @DisplayName("GDP-2 how long responses are kept is the platform's to say")
  void configured() throws Exception {
    String response = respond(UUID.randomUUID().toString());
    superuser("update hermes.responses set created_at = now() - interval '50 hours' where true");
    superuser("update hermes.tenants set swept_at = now() - interval '5 hours' where true");
    try (TestApi month = TestApi.shared().replica(Map.of("hermes.sweep", "2s"))) {
      Thread.sleep(3_000);
      assertThat(month.get("/v1/responses/" + response, key).status()).as("control").isEqualTo(200);
    }
    try (TestApi _ =
        TestApi.shared().replica(Map.of("hermes.sweep", "2s", "hermes.responses-kept", "2d"))) {
      Awaitility.await()
          .untilAsserted(() -> assertThat(rows("responses", "response_id")).isEmpty());
    }
  }
}

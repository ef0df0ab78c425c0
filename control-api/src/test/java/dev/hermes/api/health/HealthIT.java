package dev.hermes.api.health;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class HealthIT {
  private final TestApi api = TestApi.shared();

  @Test
  void probes() {
    for (String path :
        List.of(
            "/v1/health",
            "/v1/health/live",
            "/v1/health/ready",
            "/health",
            "/health/live",
            "/health/ready")) {
      assertThat(api.get(path, null).status()).as(path).isEqualTo(200);
    }
    assertThat(management("/health/live")).isEqualTo("alive");
    assertThat(management("/health/ready")).isEqualTo("ready");
  }

  @Test
  @DisplayName(
      "F-1 the figures are there under their names, and no path or name of a client is a label")
  void metrics() {
    TestTenant tenant = api.tenant();
    api.chat(api.userKey(tenant), ask("demo", "```python\nprint(1)\n```"));
    api.get("/v1/models/some-made-up-name", api.userKey(tenant));
    api.get("/made-up-path", null);
    String metrics = management("/metrics");
    assertThat(metrics)
        .contains(
            "hermes_http_requests_total{",
            "path=\"/v1/chat/completions\"",
            "hermes_http_request_duration_seconds_bucket{",
            "hermes_http_requests_in_flight",
            "hermes_tool_executions_total{",
            "hermes_tool_execution_duration_seconds",
            "hermes_llm_tokens_total{direction=\"completion\",model=\"demo\"",
            "hermes_llm_request_duration_seconds",
            "hermes_chat_completions_total{status=\"succeeded\"}",
            "hermes_sandbox_start_seconds",
            "hermes_db_pool_active{pool=\"hermes-api-app\"}",
            "tenant_id=\"" + tenant.id() + "\"",
            "jvm_memory_used_bytes")
        .doesNotContain("made-up");
  }

  @Test
  @DisplayName("nothing of the management port is on the port for apps")
  void apart() {
    assertThat(api.get("/metrics", null).status()).isEqualTo(404);
  }

  private String management(String path) {
    int port = api.context().getBean(ManagementServer.class).port();
    return api.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build())
        .text();
  }
}

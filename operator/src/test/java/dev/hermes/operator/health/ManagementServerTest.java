package dev.hermes.operator.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Reason;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ManagementServerTest {
  private final Readiness readiness = new Readiness();
  private final OperatorMetrics metrics = new OperatorMetrics();
  private final ManagementServer server = new ManagementServer(0, readiness, metrics::scrape);

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  @DisplayName("alive at once, ready when told")
  void probes() throws Exception {
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    assertThat(get("/health/ready").statusCode()).isEqualTo(503);

    readiness.readyWhen(() -> true);
    readiness.aliveWhile(() -> false);

    assertThat(get("/health/ready").statusCode()).isEqualTo(200);
    assertThat(get("/health/live").statusCode()).isEqualTo(503);
  }

  @Test
  @DisplayName("metrics carry the names that alerts are written on")
  void names() throws Exception {
    metrics.gauge("hermes_tenants", "phase", List.of("Ready"), phase -> 3);
    metrics.gauge("hermes_sandbox_pods", "state", List.of("warm"), state -> 2);
    metrics.count("Tenant", Reason.DatabaseUnavailable);
    metrics.tenantReadyAfter(Duration.ofSeconds(7));
    metrics.violations(1);

    assertThat(get("/metrics").body())
        .contains(
            "hermes_tenants{phase=\"Ready\"} 3.0",
            "hermes_sandbox_pods{state=\"warm\"} 2.0",
            "hermes_reconcile_errors_total{kind=\"Tenant\",reason=\"DatabaseUnavailable\"} 1.0",
            "hermes_tenant_ready_seconds_count 1",
            "hermes_rls_violations 1.0");
  }
}

package dev.hermes.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LeaseGuardTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final AtomicInteger expired = new AtomicInteger();
  private final AtomicInteger requests = new AtomicInteger();
  private volatile int renewal = 200;
  private HttpServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    client =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder(Config.empty())
                    .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .withHttpClientBuilderConsumer(builder ->
                builder.addOrReplaceInterceptor(
                    "lease",
                    new LeaseGuard(
                        "leader", Duration.ofSeconds(15), nanos::get, expired::incrementAndGet)))
            .build();
  }

  /** What was sent comes back. */
  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.incrementAndGet();
      byte[] body = exchange.getRequestBody().readAllBytes();
      boolean lease = exchange.getRequestURI().getPath().contains("/leases/");
      if (exchange.getRequestMethod().equals("GET")) {
        body = Serialization.asJson(map()).getBytes(StandardCharsets.UTF_8);
      }
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(lease ? renewal : 200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @AfterEach
  void stop() {
    client.close();
    server.stop(0);
  }

  private static ConfigMap map() {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withNamespace("n")
        .withName("m")
        .endMetadata()
        .build();
  }

  private void write() {
    client.resource(map()).create();
  }

  private void renew(int status) {
    var lease =
        new LeaseBuilder()
            .withNewMetadata()
            .withNamespace("n")
            .withName("leader")
            .withResourceVersion("1")
            .endMetadata()
            .withNewSpec()
            .endSpec()
            .build();
    renewal = status;
    client.resource(lease).update();
  }

  @Test
  @DisplayName("K8S-10 a leader whose lease has run out sends no write, and ends")
  void runOut() {
    renew(200);
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(15) - 1);
    write();
    nanos.incrementAndGet();
    assertThatThrownBy(this::write).hasMessageContaining("has run out");
    assertThat(expired).hasValue(1);
    assertThat(requests).as("it was not sent").hasValue(2);
  }

  @Test
  @DisplayName("K8S-10 only a renewal that the API server took counts")
  void refused() {
    renew(200);
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(14));
    assertThatThrownBy(() -> renew(409)).isInstanceOf(KubernetesClientException.class);
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
    assertThatThrownBy(this::write).hasMessageContaining("has run out");
  }

  @Test
  @DisplayName("K8S-10 who has never led, and who reads, is not stopped")
  void others() {
    write();
    renew(200);
    nanos.addAndGet(TimeUnit.HOURS.toNanos(1));
    assertThat(client.configMaps().inNamespace("n").withName("m").get()).isNotNull();
    assertThat(expired).hasValue(0);
  }
}

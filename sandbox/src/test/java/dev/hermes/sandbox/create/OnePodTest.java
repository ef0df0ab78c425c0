package dev.hermes.sandbox.create;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.hermes.sandbox.Policies;
import dev.hermes.sandbox.pod.SandboxPod;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Against a server that does what it is asked and says nothing of it. */
class OnePodTest {
  private static final String NAMESPACE = "hermes-demo-0000abcd";
  private static final String PODS = "/api/v1/namespaces/" + NAMESPACE + "/pods";

  private final Map<String, Pod> made = new ConcurrentHashMap<>();
  private final AtomicInteger posts = new AtomicInteger();
  private final AtomicInteger silent = new AtomicInteger();
  private String conflict = "AlreadyExists";
  private HttpServer server;
  private KubernetesClient kubernetes;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    server.createContext(PODS, this::serve);
    server.start();
    kubernetes =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder()
                    .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                    .withRequestRetryBackoffInterval(1)
                    .build())
            .build();
  }

  @AfterEach
  void stop() {
    kubernetes.close();
    server.stop(0);
  }

  private void serve(HttpExchange exchange) throws IOException {
    if (exchange.getRequestMethod().equals("GET")) {
      String path = exchange.getRequestURI().getPath();
      answer(exchange, 200, made.get(path.substring(PODS.length() + 1)));
      return;
    }
    int number = posts.incrementAndGet();
    Pod pod = Serialization.unmarshal(exchange.getRequestBody(), Pod.class);
    String name = pod.getMetadata().getName();
    if (name == null) {
      name = pod.getMetadata().getGenerateName() + number;
    }
    Pod known =
        made.putIfAbsent(
            name,
            new PodBuilder(pod)
                .editMetadata()
                .withName(name)
                .withUid("uid-" + number)
                .endMetadata()
                .build());
    if (number <= silent.get()) {
      exchange.close();
    } else if (known == null) {
      answer(exchange, 201, made.get(name));
    } else {
      answer(
          exchange,
          409,
          new StatusBuilder().withCode(409).withReason(conflict).withMessage("no").build());
    }
  }

  private static void answer(HttpExchange exchange, int status, Object body) throws IOException {
    byte[] bytes = Serialization.asJson(body).getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static Pod desired() {
    return SandboxPod.desired(
        SandboxPodRequest.warm(
            Policies.TENANT_ID, "demo", NAMESPACE, Policies.defaults(), Policies.KEYS));
  }

  @Test
  @DisplayName("K8S-10 a create whose answers are lost makes one pod, and tells which")
  void lostAnswers() {
    silent.set(2);
    Pod pod = OnePod.create(kubernetes, desired());
    assertThat(made).containsOnlyKeys(pod.getMetadata().getName());
    assertThat(pod.getMetadata().getUid()).isEqualTo("uid-1");
    assertThat(posts).hasValue(3);
  }

  @Test
  @DisplayName("the control: with a name from the server each lost answer is another pod")
  void generatedNames() {
    silent.set(2);
    kubernetes.resource(desired()).create();
    assertThat(made).hasSize(3);
  }

  @Test
  @DisplayName("a conflict that is not about the name is the caller's")
  void otherConflict() {
    silent.set(1);
    conflict = "Conflict";
    assertThatThrownBy(() -> OnePod.create(kubernetes, desired()))
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409));
  }

  @Test
  @DisplayName("names begin as asked, end at random and are DNS labels, however long the policy's")
  void names() {
    Pod short1 = OnePod.create(kubernetes, desired());
    Pod short2 = OnePod.create(kubernetes, desired());
    assertThat(short1.getMetadata().getName()).matches("sbx-default-[a-z0-9]{8}");
    assertThat(short2.getMetadata().getName()).isNotEqualTo(short1.getMetadata().getName());
    Pod longer =
        new PodBuilder(desired())
            .editMetadata()
            .withGenerateName("sbx-" + "p".repeat(63) + "-")
            .endMetadata()
            .build();
    assertThat(OnePod.create(kubernetes, longer).getMetadata().getName())
        .matches("sbx-p{51}[a-z0-9]{8}");
  }
}

package dev.hermes.sandbox.claim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.sandbox.pod.SandboxPod;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.URLUtils;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The requests that somebody waits for, in JSON: the client's own types would cost more to read
 * than the API server takes to answer.
 */
final class PodJson {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long TIMEOUT_SECONDS = 10;

  /** The answer is not read but for its status; all of the pod would be several kilobytes. */
  private static final String METADATA =
      "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

  private final KubernetesClient kubernetes;

  PodJson(KubernetesClient kubernetes) {
    this.kubernetes = kubernetes;
  }

  /** From the API server's cache: a stale pod costs a 409, not a lost claim. */
  List<ReadyPod> ready(String namespace, String tenantId, EffectivePolicy policy) {
    String selector =
        "%s=%s,%s=%s,%s=%s"
            .formatted(
                Names.TENANT_ID,
                tenantId,
                Names.POLICY,
                policy.name(),
                Names.SANDBOX_STATE,
                Names.WARM);
    String list =
        kubernetes.raw(
            "/api/v1/namespaces/%s/pods?labelSelector=%s&resourceVersion=0"
                .formatted(namespace, URLEncoder.encode(selector, StandardCharsets.UTF_8)));
    String hash = SandboxPod.policyHash(policy);
    List<ReadyPod> pods = new ArrayList<>();
    for (JsonNode pod : read(list == null ? "{}" : list).path("items")) {
      JsonNode annotations = pod.path("metadata").path("annotations");
      if (hash.equals(annotations.path(Names.POLICY_HASH).asText())) {
        ReadyPod.of(pod).ifPresent(pods::add);
      }
    }
    return pods;
  }

  /** A pod as it is now; empty when there is none of the name. */
  Optional<JsonNode> get(String namespace, String name) {
    String pod = kubernetes.raw("/api/v1/namespaces/%s/pods/%s".formatted(namespace, name));
    return Optional.ofNullable(pod).map(PodJson::read);
  }

  /** In the client's types, for words about what is not as it should be. */
  Pod typed(JsonNode pod) {
    return kubernetes.getKubernetesSerialization().convertValue(pod, Pod.class);
  }

  /**
   * @return false: the pod is gone or somebody else's
   * @throws KubernetesClientException when it is refused, and without an answer
   */
  boolean patch(ReadyPod pod, String patch) {
    HttpClient http = kubernetes.getHttpClient();
    HttpRequest request =
        http.newHttpRequestBuilder()
            .uri(
                URI.create(
                    URLUtils.join(
                        kubernetes.getMasterUrl().toString(),
                        "/api/v1/namespaces/%s/pods/%s?fieldManager=%s"
                            .formatted(pod.namespace(), pod.name(), Names.API_FIELD_MANAGER))))
            .header("Accept", METADATA)
            .patch("application/merge-patch+json", patch)
            .build();
    HttpResponse<String> answer = await(http, request);
    if (answer.isSuccessful()) {
      return true;
    }
    return switch (answer.code()) {
      case 404, 409, 422 -> false;
      default ->
          throw new KubernetesClientException(
              "the claim of pod %s is answered with %d: %s"
                  .formatted(
                      pod.name(),
                      answer.code(),
                      read(answer.body()).path("message").asText("no reason")),
              answer.code(),
              null);
    };
  }

  private static HttpResponse<String> await(HttpClient http, HttpRequest request) {
    try {
      return http.sendAsync(request, String.class).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KubernetesClientException("interrupted", e);
    } catch (ExecutionException e) {
      throw new KubernetesClientException("no answer of the API server", e.getCause());
    } catch (TimeoutException e) {
      throw new KubernetesClientException("no answer of the API server in time", e);
    }
  }

  private static JsonNode read(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new KubernetesClientException("the API server's answer is not JSON", e);
    }
  }
}

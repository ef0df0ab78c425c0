package dev.hermes.e2e;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.hermes.crds.Names;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A sandbox that a test holds over {@code /v1/sandboxes}. Closing ends it. */
record HeldSandbox(TestTenant tenant, String id) implements AutoCloseable {
  static HeldSandbox of(TestTenant tenant) {
    var made = tenant.api().post("/v1/sandboxes", "{\"timeout\":600}").expect(201);
    return new HeldSandbox(tenant, made.json().get("id").asText());
  }

  /** Runs code; whatever comes of it is the answer. */
  Api.Answer exec(String language, String code) {
    try {
      return tenant
          .api()
          .post(
              path("/exec"),
              Serialization.jsonMapper()
                  .writeValueAsString(Map.of("language", language, "code", code)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All that code which runs to its end has to say. */
  String say(String language, String code) {
    var json = exec(language, code).expect(200).json();
    return json.get("stdout").asText()
        + json.get("stderr").asText()
        + json.path("error").path("name").asText("")
        + json.path("error").path("value").asText("");
  }

  Api.Answer read(String file) {
    return tenant.api().get(file(file));
  }

  Api.Answer write(String file, String content) {
    return tenant.api().put(file(file), content);
  }

  Pod pod() {
    return tenant.claimedPods().stream()
        .filter(pod -> id.equals(pod.getMetadata().getAnnotations().get(Names.SANDBOX_ID)))
        .findFirst()
        .orElseThrow();
  }

  private String file(String file) {
    return path("/files?path=" + URLEncoder.encode(file, StandardCharsets.UTF_8));
  }

  private String path(String more) {
    return "/v1/sandboxes/" + id + more;
  }

  @Override
  public void close() {
    var status = tenant.api().delete(path("")).status();
    if (status != 204 && status != 404) {
      throw new AssertionError("sandbox " + id + " is not ended: " + status);
    }
  }
}

package dev.hermes.operator.faults;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Says in words what a request writes; pure. */
final class RequestName {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> WRITES = Set.of("POST", "PUT", "PATCH", "DELETE");

  /** Never killed at: an Event is only told, the rest is the election's own. */
  private static final Set<String> ASIDE = Set.of("events", "leases", "selfsubjectrulesreviews");

  private RequestName() {}

  /**
   * {@code PATCH tenants/acme/status Ready=WaitingForPods}; empty when it writes nothing of ours.
   */
  static Optional<String> of(HttpMessage request) {
    if (!WRITES.contains(request.method())) {
      return Optional.empty();
    }
    String path = request.target().split("\\?", 2)[0];
    List<String> parts = Arrays.stream(path.split("/")).filter(part -> !part.isEmpty()).toList();
    // /api/v1/… or /apis/GROUP/VERSION/…
    List<String> object = parts.subList(parts.getFirst().equals("api") ? 2 : 3, parts.size());
    if (object.getFirst().equals("namespaces") && object.size() > 2) {
      object = Stream.concat(object.subList(2, object.size()).stream(), Stream.of()).toList();
      return named(request, object, " in " + parts.get(parts.indexOf("namespaces") + 1));
    }
    return named(request, object, "");
  }

  private static Optional<String> named(HttpMessage request, List<String> object, String place) {
    if (ASIDE.contains(object.getFirst())) {
      return Optional.empty();
    }
    JsonNode body = json(request.text());
    String name = String.join("/", object);
    if (request.method().equals("POST")) {
      JsonNode meta = body.path("metadata");
      name += "/" + meta.path("name").asText(meta.path("generateName").asText("") + "*");
    }
    return Optional.of(request.method() + " " + name + place + detail(request, body));
  }

  /** Which of the many patches it is. */
  private static String detail(HttpMessage request, JsonNode body) {
    for (JsonNode condition : body.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return " Ready="
            + condition.path("reason").asText()
            + "@"
            + condition.path("observedGeneration").asText();
      }
    }
    String text = request.text();
    if (request.method().equals("PATCH") && text.contains("finalizers")) {
      return text.contains("\"remove\"") ? " finalizer removed" : " finalizer";
    }
    return "";
  }

  private static JsonNode json(String text) {
    try {
      return text.isEmpty() ? JSON.createObjectNode() : JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return JSON.createObjectNode();
    }
  }
}

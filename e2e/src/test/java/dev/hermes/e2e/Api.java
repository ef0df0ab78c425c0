package dev.hermes.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The control API as an app sees it: a base URL and a key. */
record Api(String url, String key) {
  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private static final ObjectMapper JSON = Serialization.jsonMapper();

  static Api quickstart() {
    return new Api(Cluster.get().apiUrl(), Cluster.get().quickstartKey());
  }

  Api at(String otherUrl) {
    return new Api(otherUrl, key);
  }

  Answer get(String path) {
    return send(request(path).GET());
  }

  Answer post(String path, String body, String... headers) {
    var request = request(path).header("Content-Type", "application/json");
    for (var i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return send(request.POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  Answer put(String path, String body) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .PUT(HttpRequest.BodyPublishers.ofString(body)));
  }

  Answer delete(String path) {
    return send(request(path).DELETE());
  }

  /** One turn with the scripted model; a fenced block in the text is run by the tool it names. */
  Answer chat(String session, String text) {
    return turn(session, text, false);
  }

  /** The same as events; the answer's body is the whole stream. */
  Answer stream(String session, String text) {
    return turn(session, text, true);
  }

  private Answer turn(String session, String text, boolean stream) {
    var body = new TreeMap<String, Object>();
    body.put("model", "demo");
    body.put("messages", List.of(Map.of("role", "user", "content", text)));
    body.put("stream", stream);
    try {
      return session.isEmpty()
          ? post("/v1/chat/completions", JSON.writeValueAsString(body))
          : post(
              "/v1/chat/completions",
              JSON.writeValueAsString(body),
              "X-Hermes-Session-Id",
              session);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What Python code printed in the session's sandbox, as the model told it. */
  String python(String session, String code) {
    return chat(session, "```python\n" + code + "\n```").expect(200).text();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url + path))
        .timeout(Duration.ofSeconds(150))
        .header("Authorization", "Bearer " + key);
  }

  private static Answer send(HttpRequest.Builder request) {
    try {
      var response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return new Answer(response.statusCode(), response.body(), response.headers().map());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** A status, a body, and the headers. */
  record Answer(int status, String body, Map<String, List<String>> headers) {
    Answer expect(int wanted) {
      if (status != wanted) {
        throw new AssertionError("expected " + wanted + ", got " + status + ": " + body);
      }
      return this;
    }

    JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (IOException e) {
        throw new AssertionError("not JSON: " + body, e);
      }
    }

    String text() {
      return json().at("/choices/0/message/content").asText();
    }
  }
}

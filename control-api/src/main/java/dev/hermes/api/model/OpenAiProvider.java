package dev.hermes.api.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** An OpenAI-compatible server: one POST a model call, streamed when the client streams. */
final class OpenAiProvider implements ModelProvider {
  private static final int MOST_ANSWER = 16 << 20;

  private final ProvidersFile.Upstream upstream;
  private final UpstreamHttp http;
  private final ObjectMapper json;
  private final URI uri;
  private final Duration silence;

  OpenAiProvider(ProvidersFile.Upstream upstream, UpstreamHttp http, ObjectMapper json) {
    this.upstream = upstream;
    this.http = http;
    this.json = json;
    this.uri = URI.create(upstream.baseUrl().replaceAll("/+$", "") + "/chat/completions");
    this.silence = Duration.ofSeconds(upstream.seconds());
  }

  @Override
  public String name() {
    return upstream.name();
  }

  @Override
  public ModelAnswer complete(ModelRequest request, Consumer<String> text)
      throws InterruptedException, ModelFailed {
    byte[] body = body(request);
    AnswerBuilder answer = new AnswerBuilder(json, body.length, text);
    try {
      HttpResponse<InputStream> response = http.send(post(body), silence);
      try (InputStream stream = response.body();
          UpstreamHttp.Silence watch = http.watch(stream, silence)) {
        read(request, response, stream, watch, answer);
      }
      return answer.finished();
    } catch (HttpTimeoutException e) {
      throw failed(UpstreamFailures.silent(name()), answer);
    } catch (IOException e) {
      if (Thread.interrupted() || e.getCause() instanceof InterruptedException) {
        throw new InterruptedException();
      }
      throw failed(UpstreamFailures.broken(name(), answer.begun()), answer);
    }
  }

  private void read(
      ModelRequest request,
      HttpResponse<InputStream> response,
      InputStream stream,
      UpstreamHttp.Silence watch,
      AnswerBuilder answer)
      throws IOException, ModelFailed {
    try {
      if (response.statusCode() != 200) {
        JsonNode error = tree(stream.readNBytes(1 << 16));
        throw failed(UpstreamFailures.of(name(), response, error), answer);
      }
      if (isEventStream(response)) {
        readStream(stream, watch, answer);
      } else if (request.stream()) {
        throw failed(UpstreamFailures.nonsense(name()), answer);
      } else {
        answer.whole(tree(stream.readNBytes(MOST_ANSWER)));
      }
    } catch (IOException e) {
      if (watch.expired()) {
        throw failed(UpstreamFailures.silent(name()), answer);
      }
      throw e;
    }
  }

  private void readStream(InputStream stream, UpstreamHttp.Silence watch, AnswerBuilder answer)
      throws IOException, ModelFailed {
    EventReader events = new EventReader(stream, MOST_ANSWER);
    for (Optional<String> data = events.next(); data.isPresent(); data = events.next()) {
      watch.heard();
      if (data.get().equals("[DONE]")) {
        answer.done();
        return;
      }
      JsonNode chunk = tree(data.get());
      if (chunk.hasNonNull("error")) {
        throw failed(UpstreamFailures.inStream(name(), chunk.path("error")), answer);
      }
      answer.chunk(chunk);
      watch.heard();
    }
    if (watch.expired()) {
      throw failed(UpstreamFailures.silent(name()), answer);
    }
    answer.ended();
  }

  private HttpRequest.Builder post(byte[] body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream")
            .POST(BodyPublishers.ofByteArray(body));
    if ("http".equals(uri.getScheme())) {
      request.version(java.net.http.HttpClient.Version.HTTP_1_1);
    }
    key().ifPresent(key -> request.header("Authorization", "Bearer " + key));
    return request;
  }

  /** Read for each call, so that a rotated key file works at once. */
  private Optional<String> key() {
    String file = upstream.apiKeyFile();
    if (file == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(Path.of(file)).strip());
    } catch (IOException e) {
      throw new UncheckedIOException("the key file of provider " + name() + " cannot be read", e);
    }
  }

  private byte[] body(ModelRequest request) {
    ObjectNode body = request.parameters().deepCopy();
    body.put("model", request.model());
    ArrayNode messages = body.putArray("messages");
    request.messages().forEach(messages::add);
    if (!request.tools().isEmpty()) {
      ArrayNode tools = body.putArray("tools");
      request.tools().forEach(tools::add);
      request.toolChoice().ifPresent(choice -> body.set("tool_choice", choice));
    }
    body.put("stream", request.stream());
    if (request.stream()) {
      body.putObject("stream_options").put("include_usage", true);
    }
    try {
      return json.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can be written", e);
    }
  }

  private JsonNode tree(byte[] bytes) {
    try {
      return json.readTree(bytes);
    } catch (IOException e) {
      return json.missingNode();
    }
  }

  private JsonNode tree(String data) throws IOException {
    return json.readTree(data);
  }

  private static boolean isEventStream(HttpResponse<?> response) {
    return response.headers().firstValue("Content-Type").orElse("").startsWith("text/event-stream");
  }

  private static ModelFailed failed(dev.hermes.api.problem.Failure failure, AnswerBuilder answer) {
    return new ModelFailed(failure, answer.usageSoFar());
  }
}

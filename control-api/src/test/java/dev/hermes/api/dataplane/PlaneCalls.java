package dev.hermes.api.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.api.testing.TestApi;
import dev.hermes.database.key.RawKey;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Asks over the data plane as E2B's clients do. */
public final class PlaneCalls {
  private static final ObjectMapper JSON = new ObjectMapper();

  private PlaneCalls() {}

  public record Access(String id, String token) {}

  public static Access made(TestApi api, RawKey by) {
    JsonNode made = api.post("/v2/sandboxes", by, "{\"templateID\":\"base\"}").json();
    return new Access(made.path("sandboxID").asText(), made.path("envdAccessToken").asText());
  }

  public static HttpResponse<byte[]> run(TestApi api, Access in, String command) throws Exception {
    return send(api, with(in, start(api, command)));
  }

  public static HttpRequest.Builder with(Access in, HttpRequest.Builder request) {
    return request
        .setHeader("E2b-Sandbox-Id", in.id())
        .setHeader("E2b-Sandbox-Port", "49983")
        .setHeader("X-Access-Token", in.token());
  }

  static HttpRequest.Builder start(TestApi api, String command) {
    return start(api, "/process.Process/Start", command);
  }

  static HttpRequest.Builder start(TestApi api, String path, String command) {
    return post(api, path)
        .header("Content-Type", "application/connect+json")
        .header("Connect-Protocol-Version", "1")
        .POST(BodyPublishers.ofByteArray(startBody(command)));
  }

  static byte[] startBody(String command) {
    byte[] json =
        ("{\"process\":{\"cmd\":\"/bin/bash\",\"args\":[\"-c\",%s]},\"stdin\":false}")
            .formatted(TestApi.quote(command))
            .getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(5 + json.length).put((byte) 0).putInt(json.length).put(json).array();
  }

  static HttpRequest.Builder execute(TestApi api, BodyPublisher body) {
    return post(api, "/execute").header("Content-Type", "application/json").POST(body);
  }

  /** One call without a stream, as listing processes is. */
  public static HttpRequest.Builder unary(TestApi api, String path) {
    return post(api, path)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString("{}"));
  }

  private static HttpRequest.Builder post(TestApi api, String path) {
    return HttpRequest.newBuilder(api.dataPlane(path)).timeout(Duration.ofSeconds(30));
  }

  public static HttpResponse<byte[]> send(TestApi api, HttpRequest.Builder request)
      throws Exception {
    return api.http().send(request.build(), BodyHandlers.ofByteArray());
  }

  public static String output(HttpResponse<byte[]> answer) throws IOException {
    assertThat(answer.statusCode())
        .as(new String(answer.body(), StandardCharsets.UTF_8))
        .isEqualTo(200);
    return output(answer.body());
  }

  static String output(byte[] frames) throws IOException {
    StringBuilder out = new StringBuilder();
    for (JsonNode event : events(frames)) {
      String text = event.at("/event/data/stdout").asText();
      out.append(new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8));
    }
    return out.toString();
  }

  static List<JsonNode> events(byte[] body) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    ByteBuffer frames = ByteBuffer.wrap(body);
    while (frames.remaining() > 5) {
      frames.get();
      byte[] message = new byte[frames.getInt()];
      frames.get(message);
      events.add(JSON.readTree(message));
    }
    return events;
  }
}

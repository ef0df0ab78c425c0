package dev.hermes.api.trace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;

/**
 * OpenTelemetry's collector with the configuration that is shipped, its addresses apart, and behind
 * it a second one where Jaeger and Prometheus would be: it takes what they take, over the protocols
 * they take it by, and writes it down.
 */
final class Collector implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BACK_ENDS =
      """
      receivers:
        otlp:
          protocols:
            grpc: {endpoint: "127.0.0.1:%d"}
            http: {endpoint: "127.0.0.1:%d", metrics_url_path: /api/v1/otlp/v1/metrics}
      exporters:
        file/traces: {path: %s, flush_interval: 100ms}
        file/metrics: {path: %s, flush_interval: 100ms}
      service:
        pipelines:
          traces: {receivers: [otlp], exporters: [file/traces]}
          metrics: {receivers: [otlp], exporters: [file/metrics]}
        telemetry: {metrics: {level: none}}
      """;

  private final Path folder;
  private final int port;
  private final List<Process> processes = new ArrayList<>();

  private Collector() throws IOException {
    this.folder = Files.createTempDirectory("collector");
    int jaeger = free();
    int prometheus = free();
    this.port = free();
    int grpc = free();
    Path program = program();
    run(
        program,
        "back-ends",
        BACK_ENDS.formatted(jaeger, prometheus, traces(), folder.resolve("metrics.json")),
        jaeger);
    run(
        program,
        "shipped",
        addressed(
            Map.of(
                "jaeger:4317", "127.0.0.1:" + jaeger,
                "prometheus:9090", "127.0.0.1:" + prometheus,
                "0.0.0.0:4318", "127.0.0.1:" + port,
                "0.0.0.0:4317", "127.0.0.1:" + grpc,
                "host: 0.0.0.0, port: 8888", "host: 127.0.0.1, port: " + free())),
        port);
  }

  static Collector start() {
    try {
      return new Collector();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  String endpoint() {
    return "http://127.0.0.1:" + port;
  }

  /** A span as it came to where Jaeger would be. */
  record Span(JsonNode json) {
    String trace() {
      return json.path("traceId").asText();
    }

    String id() {
      return json.path("spanId").asText();
    }

    String parent() {
      return json.path("parentSpanId").asText();
    }

    String name() {
      return json.path("name").asText();
    }

    boolean failed() {
      return json.at("/status/code").asInt() == 2;
    }

    Optional<String> attribute(String key) {
      return StreamSupport.stream(json.path("attributes").spliterator(), false)
          .filter(it -> it.path("key").asText().equals(key))
          .map(it -> it.path("value").elements().next())
          .map(value -> value.isValueNode() ? value.asText() : value.toString())
          .findFirst();
    }
  }

  List<Span> spans(String trace) {
    return spans().stream().filter(span -> span.trace().equals(trace)).toList();
  }

  /** The first span of that request. */
  Span of(String requestId) {
    return spans().stream()
        .filter(span -> span.attribute("hermes.request.id").filter(requestId::equals).isPresent())
        .findFirst()
        .orElseThrow();
  }

  private List<Span> spans() {
    List<Span> spans = new ArrayList<>();
    for (String line : lines("traces.json")) {
      for (JsonNode resource : parse(line).path("resourceSpans")) {
        for (JsonNode scope : resource.path("scopeSpans")) {
          scope.path("spans").forEach(span -> spans.add(new Span(span)));
        }
      }
    }
    return spans;
  }

  /** All that came of a trace, once the first of its spans did: it is the last to end. */
  List<Span> whole(String trace, String firstName) {
    Awaitility.await(firstName)
        .until(() -> spans(trace).stream().anyMatch(it -> it.name().equals(firstName)));
    return spans(trace);
  }

  String everything() {
    return String.join("\n", lines("traces.json"));
  }

  List<String> metrics() {
    return lines("metrics.json");
  }

  @Override
  public void close() {
    processes.reversed().forEach(Process::destroy);
    processes.forEach(process -> process.onExit().join());
  }

  private Path traces() {
    return folder.resolve("traces.json");
  }

  /** The last line may be half there. */
  private List<String> lines(String file) {
    try {
      Path path = folder.resolve(file);
      String all = Files.exists(path) ? Files.readString(path) : "";
      return all.substring(0, all.lastIndexOf('\n') + 1).lines().toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String addressed(Map<String, String> addresses) throws IOException {
    String config = Files.readString(Path.of(System.getProperty("collector.example")));
    for (var address : addresses.entrySet()) {
      if (!config.contains(address.getKey())) {
        throw new IllegalStateException("the example has no " + address.getKey());
      }
      config = config.replace(address.getKey(), address.getValue());
    }
    return config;
  }

  private void run(Path program, String name, String config, int listens) throws IOException {
    Path file = Files.writeString(folder.resolve(name + ".yaml"), config);
    Path log = folder.resolve(name + ".log");
    Process process =
        new ProcessBuilder(program.toString(), "--config", file.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    processes.add(process);
    Awaitility.await(name + ", see " + log)
        .ignoreExceptions()
        .until(() -> {
          new Socket("127.0.0.1", listens).close();
          return process.isAlive();
        });
  }

  private static int free() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Minutes where nothing of it was built before. */
  private static Path program() throws IOException {
    Path made = Path.of(System.getProperty("api.build"), "collector");
    ProcessBuilder build =
        new ProcessBuilder(
            "go", "build", "-trimpath", "-ldflags=-s -w", "-o", made.toString(), ".");
    build.directory(Path.of(System.getProperty("collector.source")).toFile());
    build.environment().put("CGO_ENABLED", "0");
    build.redirectErrorStream(true);
    Process process = build.start();
    String output = new String(process.getInputStream().readAllBytes());
    if (process.onExit().join().exitValue() != 0) {
      throw new IllegalStateException("go build failed: " + output);
    }
    return made;
  }
}

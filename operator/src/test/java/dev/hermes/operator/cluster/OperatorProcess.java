package dev.hermes.operator.cluster;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** The operator as it runs in production: a process, with its own rights and no more. */
final class OperatorProcess implements AutoCloseable {
  private final Process process;
  private final Path log;
  private final int port;

  OperatorProcess(Path log, Map<String, String> environment) {
    this.log = log;
    this.port = ControlPlane.freePort();
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx96m",
                "-Xss512k",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath(),
                "dev.hermes.operator.Main"));
    builder.environment().putAll(environment);
    builder.environment().put("HERMES_MANAGEMENT_PORT", Integer.toString(port));
    builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
  }

  OperatorProcess awaitReady() {
    Awaitility.await("operator ready, see " + log)
        .atMost(Duration.ofSeconds(60))
        .until(() -> !process.isAlive() || status("/health/ready") == 200);
    if (!process.isAlive()) {
      throw new IllegalStateException(
          "the operator ended with " + process.exitValue() + ": " + log);
    }
    return this;
  }

  /** Waits for the end and returns the exit code. */
  int awaitExit() {
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the operator did not halt, see " + log);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return process.exitValue();
  }

  int status(String path) {
    return get(path).map(HttpResponse::statusCode).orElse(0);
  }

  String metrics() {
    return get("/metrics").map(HttpResponse::body).orElse("");
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** As the kubelet does it, and as a power cut does. */
  void kill() {
    process.destroyForcibly();
    awaitExit();
  }

  @Override
  public void close() {
    process.destroy();
    awaitExit();
  }

  private Optional<HttpResponse<String>> get(String path) {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return Optional.of(
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                  .timeout(Duration.ofSeconds(5))
                  .build(),
              HttpResponse.BodyHandlers.ofString()));
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String classPath() {
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Arrays.stream(path.split(File.pathSeparator))
        .filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("-tests.jar"))
        .collect(Collectors.joining(File.pathSeparator));
  }
}

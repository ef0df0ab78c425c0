package dev.hermes.operator.cluster;

import dev.hermes.database.testing.FreePort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** The operator as it runs in production: a process, with its own rights and no more. */
public final class OperatorProcess implements AutoCloseable {
  private final Process process;
  private final Path log;
  private final int port;

  /**
   * @param jvmFlags more of them; a later one wins
   */
  OperatorProcess(Path log, StartCache cache, Map<String, String> environment, String... jvmFlags) {
    this.log = log;
    this.port = FreePort.next();
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx96m",
                "-Xss512k",
                "-XX:TieredStopAtLevel=1"));
    command.addAll(cache.flags());
    command.addAll(List.of(jvmFlags));
    command.addAll(List.of("-cp", cache.classPath(), "dev.hermes.operator.Main"));
    ProcessBuilder builder = new ProcessBuilder(command);
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

  public OperatorProcess awaitReady() {
    return awaitReady(Duration.ofSeconds(60));
  }

  OperatorProcess awaitReady(Duration atMost) {
    Awaitility.await("operator ready, see " + log)
        .atMost(atMost)
        .until(() -> !process.isAlive() || status("/health/ready") == 200);
    if (!process.isAlive()) {
      throw new IllegalStateException(
          "the operator ended with " + process.exitValue() + ": " + log);
    }
    return this;
  }

  /** Waits for the end and returns the exit code. */
  public int awaitExit() {
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the operator did not halt, see " + log);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return process.exitValue();
  }

  public int status(String path) {
    return get(path).map(HttpResponse::statusCode).orElse(0);
  }

  public String metrics() {
    return get("/metrics").map(HttpResponse::body).orElse("");
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  Duration cpuTime() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  public long pid() {
    return process.pid();
  }

  /** As the kubelet does it, and as a power cut does. */
  public void kill() {
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
}

package dev.hermes.sandbox.daemon;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Runs code in a sandbox pod through the daemon in it. The agent loop and the sandbox API call it;
 * it is made once and shared by all threads.
 */
public final class DaemonClient implements AutoCloseable {
  /** What the daemon may need beyond the time limit to stop what runs and to answer. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private static final Duration SHORT = Duration.ofSeconds(5);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final DaemonHttp http;
  private final DaemonFiles files;
  private final DaemonProcesses processes;

  public DaemonClient(TokenSigner signer) {
    this(signer, Optional::empty);
  }

  /**
   * @param traceparent the W3C header of what the calling thread does, where that is traced; code
   *     in the sandbox finds it in its environment
   */
  public DaemonClient(TokenSigner signer, Supplier<Optional<String>> traceparent) {
    this.http = new DaemonHttp(signer, traceparent);
    this.files = new DaemonFiles(http);
    this.processes = new DaemonProcesses(http);
  }

  /** Its files. */
  public DaemonFiles files() {
    return files;
  }

  /** Its programs, those that outlive a request too. */
  public DaemonProcesses processes() {
    return processes;
  }

  /** Runs Python in the pod's live context: variables of earlier calls are there. */
  public ExecResult executePython(Endpoint endpoint, String code, Duration timeout)
      throws DaemonException, InterruptedException {
    return executePython(endpoint, code, timeout, Map.of());
  }

  /** The same with variables for this call, which go before those of the sandbox. */
  public ExecResult executePython(
      Endpoint endpoint, String code, Duration timeout, Map<String, String> environment)
      throws DaemonException, InterruptedException {
    return execute(endpoint, "python", code, timeout, environment);
  }

  /** Runs a command line with {@code bash -c}. Files stay for the next call, processes do not. */
  public ExecResult runBash(Endpoint endpoint, String command, Duration timeout)
      throws DaemonException, InterruptedException {
    return runBash(endpoint, command, timeout, Map.of());
  }

  /** The same with variables for this call, which go before those of the sandbox. */
  public ExecResult runBash(
      Endpoint endpoint, String command, Duration timeout, Map<String, String> environment)
      throws DaemonException, InterruptedException {
    return execute(endpoint, "bash", command, timeout, environment);
  }

  /**
   * Gives every later execution in the sandbox these environment variables, in place of those given
   * before.
   */
  public void setEnvironment(Endpoint endpoint, Map<String, String> variables)
      throws DaemonException, InterruptedException {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    ObjectNode envs = body.putObject("envVars");
    variables.forEach(envs::put);
    http.post(endpoint, "/init", body, SHORT);
  }

  /** What the sandbox uses now. */
  public SandboxLoad load(Endpoint endpoint) throws DaemonException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(endpoint, "/metrics"));
    byte[] metrics = http.send(endpoint, request, SHORT).body();
    try {
      return SandboxLoad.of(JSON.readTree(metrics));
    } catch (IOException e) {
      throw new DaemonException.Broken("the sandbox's metrics cannot be read", e);
    }
  }

  /** A token for this pod's daemon, for who forwards to it; treat it as a secret. */
  public String token(Endpoint endpoint) throws DaemonException, InterruptedException {
    return http.token(endpoint);
  }

  /** Whether this very pod has opened its start gate. */
  public boolean isHealthy(Endpoint endpoint) throws DaemonException, InterruptedException {
    return http.health(endpoint);
  }

  @Override
  public void close() {
    http.close();
  }

  private ExecResult execute(
      Endpoint endpoint,
      String language,
      String code,
      Duration timeout,
      Map<String, String> environment)
      throws DaemonException, InterruptedException {
    ObjectNode body =
        JsonNodeFactory.instance.objectNode().put("code", code).put("language", language);
    if (!environment.isEmpty()) {
      ObjectNode variables = body.putObject("env_vars");
      environment.forEach(variables::put);
    }
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(endpoint, "/execute"))
            .header("Content-Type", "application/json")
            .header("X-Hermes-Timeout-Ms", Long.toString(timeout.toMillis()))
            .POST(BodyPublishers.ofString(body.toString()));
    HttpResponse<byte[]> response = http.send(endpoint, request, timeout.plus(GRACE));
    return ExecuteLines.result(response.body());
  }

  static URI uri(Endpoint endpoint, String path) {
    return URI.create("http://" + host(endpoint.ip()) + ":" + endpoint.port() + path);
  }

  private static String host(String ip) {
    return ip.indexOf(':') < 0 ? ip : "[" + ip + "]";
  }
}

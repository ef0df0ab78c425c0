package dev.hermes.sandbox.daemon;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * Runs code in a sandbox pod through the daemon in it. The agent loop and the sandbox API call it;
 * it is made once and shared by all threads.
 */
public final class DaemonClient implements AutoCloseable {
  /** What the daemon may need beyond the time limit to stop what runs and to answer. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final DaemonHttp http;

  public DaemonClient(TokenSigner signer) {
    this.http = new DaemonHttp(signer);
  }

  /** Runs Python in the pod's live context: variables of earlier calls are there. */
  public ExecResult executePython(Endpoint endpoint, String code, Duration timeout)
      throws DaemonException, InterruptedException {
    return execute(endpoint, "python", code, timeout);
  }

  /** Runs a command line with {@code bash -c}. Files stay for the next call, processes do not. */
  public ExecResult runBash(Endpoint endpoint, String command, Duration timeout)
      throws DaemonException, InterruptedException {
    return execute(endpoint, "bash", command, timeout);
  }

  /** Runs a program over the Connect protocol, as E2B's clients do. */
  public ProcessResult startProcess(Endpoint endpoint, ProcessRequest process)
      throws DaemonException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(endpoint, "/process.Process/Start"))
            .header("Content-Type", "application/connect+json")
            .header("Connect-Protocol-Version", "1")
            .header("Connect-Timeout-Ms", Long.toString(process.timeout().toMillis()))
            .POST(BodyPublishers.ofByteArray(ConnectStream.request(process)));
    return ConnectStream.result(http.send(endpoint, request, process.timeout().plus(GRACE)).body());
  }

  /** Whether this very pod has opened its start gate. */
  public boolean isHealthy(Endpoint endpoint) throws DaemonException, InterruptedException {
    return http.health(endpoint);
  }

  @Override
  public void close() {
    http.close();
  }

  private ExecResult execute(Endpoint endpoint, String language, String code, Duration timeout)
      throws DaemonException, InterruptedException {
    ObjectNode body =
        JsonNodeFactory.instance.objectNode().put("code", code).put("language", language);
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

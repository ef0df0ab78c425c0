package dev.hermes.sandbox.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.UUID;

/**
 * Programs in a sandbox; those that outlive the request that started them run under a tag by which
 * anybody who may speak to the sandbox finds them again. Jobs run so.
 */
public final class DaemonProcesses {
  private static final Duration SHORT = Duration.ofSeconds(5);
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final DaemonHttp http;

  DaemonProcesses(DaemonHttp http) {
    this.http = http;
  }

  /** Runs a program to its end over the Connect protocol, as E2B's clients do. */
  public ProcessResult run(Endpoint endpoint, ProcessRequest process)
      throws DaemonException, InterruptedException {
    return result(endpoint, process, request(endpoint, process, ConnectStream.request(process)));
  }

  /**
   * Starts a program and answers when it has ended; what it left in the background goes on under
   * the tag, without any limit of time. A stream that ends with an error is {@link
   * DaemonException.Refused}: nothing was started.
   */
  public ProcessResult launch(Endpoint endpoint, ProcessRequest process, String tag)
      throws DaemonException, InterruptedException {
    ProcessResult result =
        result(
            endpoint,
            process,
            request(endpoint, process, ConnectStream.request(process, tag))
                .header("X-Hermes-Plane", "data"));
    if (result.error().isPresent() && result.status().isEmpty()) {
      ProcessResult.StreamError error = result.error().get();
      throw error.code().equals("deadline_exceeded")
          ? new DaemonException.Broken("the program was not launched in time: " + error.message())
          : new DaemonException.Refused(error.code(), error.message());
    }
    return result;
  }

  /**
   * Starts a program to speak with. That it could not be started is the first that is heard of it.
   * It and all that it has started end when it is closed, or this process ends, at the latest.
   *
   * @param process its time is the longest that the program may run
   */
  public RunningProgram begin(Endpoint endpoint, ProcessRequest process)
      throws DaemonException, InterruptedException {
    String tag = "turn-" + UUID.randomUUID();
    HttpRequest.Builder request =
        request(endpoint, process, ConnectStream.conversation(process, tag))
            .header("X-Hermes-Plane", "turn");
    return new DaemonProgram(http, endpoint, tag, http.open(endpoint, request, SHORT));
  }

  /** Whether anything lives that was started under the tag. */
  public boolean isRunning(Endpoint endpoint, String tag)
      throws DaemonException, InterruptedException {
    byte[] body = call(endpoint, "List", JsonNodeFactory.instance.objectNode()).body();
    try {
      for (JsonNode process : JSON.readTree(body).path("processes")) {
        if (process.path("tag").asText().equals(tag)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw new DaemonException.Broken("the sandbox lists its processes in no known form", e);
    }
  }

  /** Kills all that was started under the tag, where anything of it still lives. */
  public void kill(Endpoint endpoint, String tag) throws DaemonException, InterruptedException {
    try {
      call(endpoint, "SendSignal", of(tag).put("signal", "SIGNAL_SIGKILL"));
    } catch (DaemonException.Refused e) {
      if (!e.code().equals("not_found")) {
        throw e;
      }
    }
  }

  /** What names the processes under a tag. */
  static ObjectNode of(String tag) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.putObject("process").put("tag", tag);
    return body;
  }

  private static HttpRequest.Builder request(
      Endpoint endpoint, ProcessRequest process, byte[] body) {
    return HttpRequest.newBuilder(DaemonClient.uri(endpoint, "/process.Process/Start"))
        .header("Content-Type", "application/connect+json")
        .header("Connect-Protocol-Version", "1")
        .header("Connect-Timeout-Ms", Long.toString(process.timeout().toMillis()))
        .POST(BodyPublishers.ofByteArray(body));
  }

  private ProcessResult result(
      Endpoint endpoint, ProcessRequest process, HttpRequest.Builder request)
      throws DaemonException, InterruptedException {
    return ConnectStream.result(http.send(endpoint, request, process.timeout().plus(GRACE)).body());
  }

  private HttpResponse<byte[]> call(Endpoint endpoint, String method, ObjectNode body)
      throws DaemonException, InterruptedException {
    return http.post(endpoint, "/process.Process/" + method, body, SHORT);
  }
}

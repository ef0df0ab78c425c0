package dev.hermes.sandbox.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.InputStream;
import java.time.Duration;

/** A program that the daemon ends with the request that started it. */
final class DaemonProgram implements RunningProgram {
  private static final Duration SHORT = Duration.ofSeconds(5);

  private final DaemonHttp http;
  private final Endpoint endpoint;
  private final String tag;
  private final InputStream heard;

  /**
   * @param heard the answer to its start
   */
  DaemonProgram(DaemonHttp http, Endpoint endpoint, String tag, InputStream heard) {
    this.http = http;
    this.endpoint = endpoint;
    this.tag = tag;
    this.heard = heard;
  }

  @Override
  public Heard next() throws DaemonException {
    while (true) {
      ConnectStream.Frame frame = ConnectStream.next(heard);
      if (frame.last()) {
        return ConnectStream.error(frame.message())
            .map(error -> new Ended(error.message()))
            .orElseGet(() -> new Ended("it was heard to the end"));
      }
      JsonNode event = frame.message().path("event");
      JsonNode data = event.path("data");
      if (data.has("stdout")) {
        return new Output(ConnectStream.bytes(data.path("stdout")));
      }
      if (data.has("stderr")) {
        return new Errors(ConnectStream.bytes(data.path("stderr")));
      }
      if (event.has("end")) {
        return new Ended(event.path("end").path("status").asText());
      }
    }
  }

  @Override
  public void write(byte[] input, Duration within) throws DaemonException, InterruptedException {
    ObjectNode body = DaemonProcesses.of(tag);
    body.putObject("input").put("stdin", input);
    call("SendInput", body, within);
  }

  @Override
  public void closeInput() throws DaemonException, InterruptedException {
    call("CloseStdin", DaemonProcesses.of(tag), SHORT);
  }

  @Override
  public void terminate() throws DaemonException, InterruptedException {
    call("SendSignal", DaemonProcesses.of(tag).put("signal", "SIGNAL_SIGTERM"), SHORT);
  }

  @Override
  public void close() {
    DaemonHttp.close(heard);
  }

  private void call(String method, ObjectNode body, Duration within)
      throws DaemonException, InterruptedException {
    http.post(endpoint, "/process.Process/" + method, body, within);
  }
}

package dev.hermes.sandbox.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.sandbox.daemon.ProcessResult.StreamError;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Envelopes of the Connect protocol: a flag byte, a length of four bytes, JSON. */
final class ConnectStream {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PREFIX = 5;
  private static final int END_STREAM = 2;

  /** The daemon sends pieces of 32 KiB. */
  private static final int MOST_FRAME = 1 << 20;

  private ConnectStream() {}

  static byte[] request(ProcessRequest request) {
    return envelope(message(request));
  }

  static byte[] request(ProcessRequest request, String tag) {
    return envelope(message(request).put("tag", tag));
  }

  /** For a program that is written to. */
  static byte[] conversation(ProcessRequest request, String tag) {
    return envelope(message(request).put("tag", tag).put("stdin", true));
  }

  private static ObjectNode message(ProcessRequest request) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    ObjectNode process = nodes.objectNode().put("cmd", request.cmd());
    request.args().forEach(process.putArray("args")::add);
    ObjectNode envs = process.putObject("envs");
    request.envs().forEach(envs::put);
    request.cwd().ifPresent(cwd -> process.put("cwd", cwd));
    ObjectNode message = nodes.objectNode();
    message.set("process", process);
    return message.put("stdin", false);
  }

  private static byte[] envelope(ObjectNode message) {
    byte[] json = message.toString().getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(PREFIX + json.length)
        .put((byte) 0)
        .putInt(json.length)
        .put(json)
        .array();
  }

  static ProcessResult result(byte[] body) throws DaemonException {
    InputStream frames = new ByteArrayInputStream(body);
    ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    int exitCode = -1;
    String status = "";
    boolean truncated = false;
    while (true) {
      // the body is bounded already, and is all there
      Frame frame = next(frames, Integer.MAX_VALUE);
      JsonNode message = frame.message();
      if (frame.last()) {
        return new ProcessResult(
            stdout.toString(StandardCharsets.UTF_8),
            stderr.toString(StandardCharsets.UTF_8),
            exitCode,
            status,
            truncated,
            error(message));
      }
      JsonNode event = message.path("event");
      JsonNode data = event.path("data");
      stdout.writeBytes(bytes(data.path("stdout")));
      stderr.writeBytes(bytes(data.path("stderr")));
      truncated |= data.path("truncated").asBoolean();
      if (event.has("end")) {
        exitCode = event.path("end").path("exitCode").asInt();
        status = event.path("end").path("status").asText();
      }
    }
  }

  /**
   * The next frame of a stream that is still being written.
   *
   * @throws DaemonException when it breaks off or makes no sense
   */
  static Frame next(InputStream stream) throws DaemonException {
    return next(stream, MOST_FRAME);
  }

  private static Frame next(InputStream stream, int most) throws DaemonException {
    try {
      ByteBuffer prefix = ByteBuffer.wrap(stream.readNBytes(PREFIX));
      if (prefix.remaining() < PREFIX) {
        throw new DaemonException.Broken("the sandbox ended its answer without an end of stream");
      }
      int flags = prefix.get();
      int length = prefix.getInt();
      if (length < 0 || length > most) {
        throw new DaemonException.Broken("the sandbox sent a message that is too large");
      }
      byte[] message = stream.readNBytes(length);
      if (message.length < length) {
        throw new DaemonException.Broken("the sandbox broke off inside a message");
      }
      return new Frame((flags & END_STREAM) != 0, parse(message));
    } catch (DaemonException e) {
      throw e;
    } catch (IOException e) {
      throw new DaemonException.Broken("the sandbox broke off its answer", e);
    }
  }

  /**
   * One message.
   *
   * @param last whether it is the end of the stream, which may say how that failed
   */
  record Frame(boolean last, JsonNode message) {}

  private static JsonNode parse(byte[] message) throws DaemonException {
    try {
      return JSON.readTree(message);
    } catch (IOException e) {
      throw new DaemonException.Broken("the sandbox sent a message that is not JSON", e);
    }
  }

  static byte[] bytes(JsonNode base64) throws DaemonException {
    try {
      return base64.isTextual() ? base64.binaryValue() : new byte[0];
    } catch (IOException e) {
      throw new DaemonException.Broken("the sandbox sent bytes that are not base64", e);
    }
  }

  static Optional<StreamError> error(JsonNode end) {
    JsonNode error = end.path("error");
    return error.isMissingNode()
        ? Optional.empty()
        : Optional.of(
            new StreamError(error.path("code").asText("unknown"), error.path("message").asText()));
  }
}

package dev.hermes.sandbox.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.sandbox.daemon.ExecResult.ExecError;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Reads the lines that {@code /execute} answers with. */
final class ExecuteLines {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ExecuteLines() {}

  static ExecResult result(byte[] body) throws DaemonException {
    StringBuilder stdout = new StringBuilder();
    StringBuilder stderr = new StringBuilder();
    Optional<String> result = Optional.empty();
    Optional<ExecError> error = Optional.empty();
    try (MappingIterator<JsonNode> lines = JSON.readerFor(JsonNode.class).readValues(body)) {
      while (lines.hasNextValue()) {
        JsonNode line = lines.nextValue();
        switch (line.path("type").asText()) {
          case "stdout" -> stdout.append(line.path("text").asText());
          case "stderr" -> stderr.append(line.path("text").asText());
          case "result" -> result = Optional.of(line.path("text").asText());
          case "error" -> error = Optional.of(error(line));
          case "end_of_execution" -> {
            return new ExecResult(
                stdout.toString(),
                stderr.toString(),
                result,
                error,
                line.path("exit_code").asInt(-1),
                line.path("truncated").asBoolean(),
                Duration.ofMillis(line.path("duration_ms").asLong()));
          }
          default -> {}
        }
      }
    } catch (IOException e) {
      throw new DaemonException.Broken("the sandbox answered with a line that is not JSON", e);
    }
    throw new DaemonException.Broken("the sandbox ended its answer before the execution ended");
  }

  private static ExecError error(JsonNode line) {
    return new ExecError(
        line.path("name").asText(), line.path("value").asText(), line.path("traceback").asText());
  }
}

package dev.hermes.operator.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What the API server did for the operator since a moment: its own account, not the proxy's. */
final class AuditLog {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> ASIDE = Set.of("events", "leases", "selfsubjectrulesreviews");

  private final Path file;
  private long from;

  AuditLog(Path file) {
    this.file = file;
  }

  /** Forgets what was before. */
  void mark() {
    try {
      from = Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Writes that succeeded since the mark: how many of each, by verb and object. */
  Map<String, Integer> writes(Normal normal) {
    Map<String, Integer> counts = new TreeMap<>();
    try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
      byte[] bytes = new byte[Math.toIntExact(log.length() - from)];
      log.seek(from);
      log.readFully(bytes);
      for (String line : new String(bytes, StandardCharsets.UTF_8).split("\n")) {
        // the last line may still be being written
        if (line.endsWith("}")) {
          count(JSON.readTree(line), normal, counts);
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return counts;
  }

  private static void count(JsonNode event, Normal normal, Map<String, Integer> counts) {
    JsonNode object = event.path("objectRef");
    int code = event.path("responseStatus").path("code").asInt();
    if (code >= 300 || ASIDE.contains(object.path("resource").asText())) {
      return;
    }
    // an apply that made the object is a creation, whatever its verb
    String verb = code == 201 ? "create" : event.path("verb").asText();
    String name = object.path("resource").asText();
    for (String part : new String[] {"namespace", "name", "subresource"}) {
      // pods are made with a random ending, which the log does not know when it is made
      boolean random = part.equals("name") && name.startsWith("pods");
      if (object.hasNonNull(part) && !random) {
        name += "/" + object.path(part).asText();
      }
    }
    counts.merge(normal.text(verb + " " + name), 1, Integer::sum);
  }
}

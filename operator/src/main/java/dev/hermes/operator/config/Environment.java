package dev.hermes.operator.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Reads environment variables with messages that name the variable and say what it takes. */
public record Environment(Map<String, String> variables) {

  public Optional<String> optional(String name) {
    return Optional.ofNullable(variables.get(name)).map(String::strip).filter(v -> !v.isEmpty());
  }

  public String required(String name) {
    return optional(name).orElseThrow(() -> new IllegalArgumentException(name + " is not set"));
  }

  public boolean flag(String name, boolean otherwise) {
    return switch (optional(name).orElse(Boolean.toString(otherwise))) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(name + " must be true or false");
    };
  }

  public int port(String name, int otherwise) {
    String text = optional(name).orElse(Integer.toString(otherwise));
    try {
      int port = Integer.parseInt(text);
      if (port >= 0 && port <= 65535) {
        return port;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(name + " must be a port between 0 and 65535, not " + text);
  }

  public Path directory(String name) {
    Path path = Path.of(required(name));
    if (!Files.isDirectory(path)) {
      throw new IllegalArgumentException(name + " names " + path + ", which is not a folder");
    }
    return path;
  }

  public Path file(String name) {
    Path path = Path.of(required(name));
    if (!Files.isRegularFile(path)) {
      throw new IllegalArgumentException(name + " names " + path + ", which is not a file");
    }
    return path;
  }
}

package dev.hermes.operator.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads environment variables with messages that name the variable and say what it takes. */
public record Environment(Map<String, String> variables) {

  public Optional<String> optional(String name) {
    return Optional.ofNullable(variables.get(name)).map(String::strip).filter(v -> !v.isEmpty());
  }

  public String required(String name) {
    return optional(name).orElseThrow(() -> new IllegalArgumentException(name + " is not set"));
  }

  /** Words between commas; none when it is not set. */
  public Set<String> list(String name) {
    return optional(name).stream()
        .flatMap(text -> Arrays.stream(text.split(",")))
        .map(String::strip)
        .filter(word -> !word.isEmpty())
        .collect(Collectors.toUnmodifiableSet());
  }

  public boolean flag(String name, boolean otherwise) {
    return switch (optional(name).orElse(Boolean.toString(otherwise))) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(name + " must be true or false");
    };
  }

  public int port(String name, int otherwise) {
    return number(name, otherwise, 0, 65_535, "a port");
  }

  /** A whole number of seconds, between one second and one day. */
  public Duration seconds(String name, Duration otherwise) {
    return Duration.ofSeconds(
        number(name, (int) otherwise.toSeconds(), 1, 86_400, "a number of seconds"));
  }

  /** A whole number of minutes, up to one day; zero turns off what it times. */
  public Duration minutes(String name, Duration otherwise) {
    return Duration.ofMinutes(
        number(name, (int) otherwise.toMinutes(), 0, 1440, "a number of minutes"));
  }

  private int number(String name, int otherwise, int least, int most, String what) {
    String text = optional(name).orElse(Integer.toString(otherwise));
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        name + " must be " + what + " between " + least + " and " + most + ", not " + text);
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

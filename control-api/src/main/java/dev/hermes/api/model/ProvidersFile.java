package dev.hermes.api.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The mounted file that lists the platform's providers. A member it does not know is an error: a
 * misspelt limit must not pass for no limit.
 */
record ProvidersFile(List<Upstream> providers, Demo demo) {
  private static final int DEFAULT_TIMEOUT_SECONDS = 60;

  ProvidersFile {
    providers = providers == null ? List.of() : List.copyOf(providers);
    demo = demo == null ? new Demo(false) : demo;
  }

  /** The scripted provider of the quickstart; off unless asked for. */
  record Demo(boolean enabled) {}

  /**
   * An OpenAI-compatible server.
   *
   * @param baseUrl up to and with {@code /v1}
   * @param timeoutSeconds to the first byte, and between two pieces of a stream
   */
  record Upstream(
      @JsonProperty(required = true) String name,
      @JsonProperty(required = true) String baseUrl,
      @Nullable String apiKeyFile,
      @JsonProperty(required = true) List<String> models,
      @Nullable Integer timeoutSeconds) {
    Upstream {
      if (name == null || baseUrl == null || models == null || models.isEmpty()) {
        throw new IllegalArgumentException("a provider has name, baseUrl and models");
      }
      models = List.copyOf(models);
      timeoutSeconds = timeoutSeconds == null ? DEFAULT_TIMEOUT_SECONDS : timeoutSeconds;
    }

    int seconds() {
      return timeoutSeconds == null ? DEFAULT_TIMEOUT_SECONDS : timeoutSeconds;
    }
  }

  /** No file: no provider. A file that cannot be understood keeps the process from starting. */
  static ProvidersFile read(Path file) {
    if (!Files.exists(file)) {
      return new ProvidersFile(List.of(), new Demo(false));
    }
    try {
      YAMLMapper yaml =
          YAMLMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();
      JsonNode read = yaml.readTree(file.toFile());
      return read.isObject() || read.isArray()
          ? yaml.treeToValue(read, ProvidersFile.class)
          : new ProvidersFile(List.of(), new Demo(false));
    } catch (IOException e) {
      throw new IllegalStateException(
          "the providers file " + file + " is not as documented: " + e.getMessage(), e);
    }
  }
}

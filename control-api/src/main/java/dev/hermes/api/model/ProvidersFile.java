package dev.hermes.api.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.hermes.api.model.route.BreakerRule;
import dev.hermes.api.model.route.RetryRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The mounted file that lists the platform's providers. A member it does not know is an error: a
 * misspelt limit must not pass for no limit.
 */
record ProvidersFile(List<Upstream> providers, Demo demo, Retry retry, Break breaker) {
  private static final int DEFAULT_TIMEOUT_SECONDS = 60;

  ProvidersFile {
    providers = providers == null ? List.of() : List.copyOf(providers);
    demo = demo == null ? new Demo(false) : demo;
    retry = retry == null ? new Retry(null, null, null) : retry;
    breaker = breaker == null ? new Break(null, null) : breaker;
    if (providers.stream().map(Upstream::name).distinct().count() < providers.size()) {
      throw new IllegalArgumentException("two providers have the same name");
    }
  }

  private ProvidersFile() {
    this(List.of(), new Demo(false), new Retry(null, null, null), new Break(null, null));
  }

  /** The scripted provider of the quickstart; off unless asked for. */
  record Demo(boolean enabled) {}

  /** How often a call is tried; see {@link RetryRule}. */
  record Retry(
      @Nullable Integer attempts, @Nullable Integer firstSeconds, @Nullable Integer capSeconds) {
    RetryRule rule() {
      RetryRule standard = RetryRule.STANDARD;
      return new RetryRule(
          attempts == null ? standard.attempts() : attempts,
          firstSeconds == null ? standard.first() : Duration.ofSeconds(firstSeconds),
          capSeconds == null ? standard.cap() : Duration.ofSeconds(capSeconds));
    }
  }

  /** When an upstream is left alone; see {@link BreakerRule}. */
  record Break(@Nullable Integer failures, @Nullable Integer openSeconds) {
    BreakerRule rule() {
      BreakerRule standard = BreakerRule.STANDARD;
      return new BreakerRule(
          failures == null ? standard.failures() : failures,
          openSeconds == null ? standard.open() : Duration.ofSeconds(openSeconds),
          standard.probes(),
          standard.successes());
    }
  }

  /**
   * An OpenAI-compatible server.
   *
   * @param baseUrl up to and with {@code /v1}
   * @param timeoutSeconds to the first byte, and between two pieces of a stream
   * @param weight its share of the calls where several have a model, 1 by default; 0: only when the
   *     others fail
   */
  record Upstream(
      @JsonProperty(required = true) String name,
      @JsonProperty(required = true) String baseUrl,
      @Nullable String apiKeyFile,
      @JsonProperty(required = true) List<String> models,
      @Nullable Integer timeoutSeconds,
      @Nullable Integer weight) {
    Upstream {
      if (name == null || baseUrl == null || models == null || models.isEmpty()) {
        throw new IllegalArgumentException("a provider has name, baseUrl and models");
      }
      if (weight != null && weight < 0) {
        throw new IllegalArgumentException("a provider's weight is not negative");
      }
      models = List.copyOf(models);
      timeoutSeconds = timeoutSeconds == null ? DEFAULT_TIMEOUT_SECONDS : timeoutSeconds;
    }

    int share() {
      return weight == null ? 1 : weight;
    }

    int seconds() {
      return timeoutSeconds == null ? DEFAULT_TIMEOUT_SECONDS : timeoutSeconds;
    }
  }

  /** No file: no provider. A file that cannot be understood keeps the process from starting. */
  static ProvidersFile read(Path file) {
    if (!Files.exists(file)) {
      return new ProvidersFile();
    }
    try {
      YAMLMapper yaml =
          YAMLMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();
      JsonNode read = yaml.readTree(file.toFile());
      return read.isObject() || read.isArray()
          ? yaml.treeToValue(read, ProvidersFile.class)
          : new ProvidersFile();
    } catch (IOException e) {
      throw new IllegalStateException(
          "the providers file " + file + " is not as documented: " + e.getMessage(), e);
    }
  }
}

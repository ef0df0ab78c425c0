package dev.hermes.api.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.hermes.api.model.dialect.AnthropicDialect;
import dev.hermes.api.model.dialect.Dialect;
import dev.hermes.api.model.dialect.GeminiDialect;
import dev.hermes.api.model.dialect.OpenAiDialect;
import dev.hermes.api.model.route.BreakerRule;
import dev.hermes.api.model.route.RetryRule;
import dev.hermes.api.model.strategy.Strategy;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The mounted file that lists the platform's providers. A member it does not know is an error: a
 * misspelt limit must not pass for no limit.
 */
record ProvidersFile(
    List<Upstream> providers, List<Alias> aliases, Demo demo, Retry retry, Break breaker) {
  private static final int DEFAULT_TIMEOUT_SECONDS = 60;
  private static final int DEFAULT_MAX_TOKENS = 8192;
  private static final int SMALLEST_WINDOW = 1024;

  ProvidersFile {
    providers = providers == null ? List.of() : List.copyOf(providers);
    aliases = aliases == null ? List.of() : List.copyOf(aliases);
    demo = demo == null ? new Demo(false) : demo;
    retry = retry == null ? new Retry(null, null, null) : retry;
    breaker = breaker == null ? new Break(null, null) : breaker;
    if (providers.stream().map(Upstream::name).distinct().count() < providers.size()) {
      throw new IllegalArgumentException("two providers have the same name");
    }
    Set<String> models = new HashSet<>(demo.enabled() ? Set.of(DemoProvider.MODEL) : Set.of());
    providers.forEach(provider -> models.addAll(provider.models()));
    Set<String> names = new HashSet<>(models);
    for (Alias alias : aliases) {
      if (!models.contains(alias.model())) {
        throw new IllegalArgumentException(
            "alias " + alias.name() + " is of model " + alias.model() + ", which nobody has");
      }
      if (!names.add(alias.name())) {
        throw new IllegalArgumentException("two models are called " + alias.name());
      }
    }
    SummaryWish.check(aliases, providers);
  }

  private ProvidersFile() {
    this(List.of(), List.of(), new Demo(false), new Retry(null, null, null), new Break(null, null));
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

  /** USD for a million tokens, as providers publish it; see {@link Price}. */
  record Cost(@Nullable BigDecimal input, @Nullable BigDecimal output) {
    Cost {
      Price.usd(orNothing(input), orNothing(output));
    }

    Price price() {
      return Price.usd(orNothing(input), orNothing(output));
    }

    private static BigDecimal orNothing(@Nullable BigDecimal usd) {
      return usd == null ? BigDecimal.ZERO : usd;
    }
  }

  /** How an alias is asked, as the file names it; see {@link Strategy}. */
  enum Way {
    @JsonProperty("direct")
    DIRECT,
    @JsonProperty("tree-of-thought")
    TREE_OF_THOUGHT,
    @JsonProperty("agreement")
    AGREEMENT
  }

  /**
   * Another name for a model, which may be asked in a way of its own.
   *
   * @param strategy direct by default
   * @param paths how many plans or samples; {@value Strategy#USUAL} by default
   * @param summary of what does not fit the window; absent: none
   */
  record Alias(
      @JsonProperty(required = true) String name,
      @JsonProperty(required = true) String model,
      @Nullable Way strategy,
      @Nullable Integer paths,
      @Nullable SummaryWish summary) {
    Alias {
      if (name == null || name.isBlank() || model == null) {
        throw new IllegalArgumentException("an alias has a name and the model it stands for");
      }
      if (paths != null && (strategy == null || strategy == Way.DIRECT)) {
        throw new IllegalArgumentException("alias " + name + " has paths but no strategy for them");
      }
      reasons(strategy, paths);
    }

    Strategy reasons() {
      return reasons(strategy, paths);
    }

    private static Strategy reasons(@Nullable Way strategy, @Nullable Integer paths) {
      int several = paths == null ? Strategy.USUAL : paths;
      return switch (strategy == null ? Way.DIRECT : strategy) {
        case DIRECT -> new Strategy.Direct();
        case TREE_OF_THOUGHT -> new Strategy.TreeOfThought(several);
        case AGREEMENT -> new Strategy.Agreement(several);
      };
    }
  }

  /** The wire formats, as the file names them. */
  enum Format {
    @JsonProperty("openai")
    OPENAI,
    @JsonProperty("anthropic")
    ANTHROPIC,
    @JsonProperty("gemini")
    GEMINI
  }

  /**
   * A server that runs models.
   *
   * @param dialect what it speaks; OpenAI's by default
   * @param baseUrl up to and with the version, {@code /v1} or {@code /v1beta}
   * @param models as clients name them
   * @param names what the server calls those that it calls otherwise
   * @param prices of models as clients name them; what is not here costs nothing
   * @param windows tokens that a call of a model may have, its answer included
   * @param maxTokens of an answer where the client names no number and the format demands one
   * @param timeoutSeconds to the first byte, and between two pieces of a stream
   * @param weight its share of the calls where several have a model, 1 by default; 0: only when the
   *     others fail
   * @param trace whether it is told the trace's id, so that its spans join ours; not by default,
   *     for an id in a third party's log tells it which calls belong together
   */
  record Upstream(
      @JsonProperty(required = true) String name,
      @Nullable Format dialect,
      @JsonProperty(required = true) String baseUrl,
      @Nullable String apiKeyFile,
      @JsonProperty(required = true) List<String> models,
      @Nullable Map<String, String> names,
      @Nullable Map<String, Cost> prices,
      @Nullable Map<String, Long> windows,
      @Nullable Integer maxTokens,
      @Nullable Integer timeoutSeconds,
      @Nullable Integer weight,
      @Nullable Boolean trace) {
    Upstream {
      if (name == null || baseUrl == null || models == null || models.isEmpty()) {
        throw new IllegalArgumentException("a provider has name, baseUrl and models");
      }
      if (!baseUrl.matches("https?://[^/]+.*")) {
        throw new IllegalArgumentException("a provider's baseUrl begins with http:// or https://");
      }
      if (weight != null && weight < 0) {
        throw new IllegalArgumentException("a provider's weight is not negative");
      }
      models = List.copyOf(models);
      names = names == null ? Map.of() : Map.copyOf(names);
      if (!models.containsAll(names.keySet())) {
        throw new IllegalArgumentException("a provider's names are those of its models");
      }
      prices = prices == null ? Map.of() : Map.copyOf(prices);
      if (!models.containsAll(prices.keySet())) {
        throw new IllegalArgumentException("a provider's prices are those of its models");
      }
      windows = windows == null ? Map.of() : Map.copyOf(windows);
      if (!models.containsAll(windows.keySet())) {
        throw new IllegalArgumentException("a provider's windows are those of its models");
      }
      if (windows.values().stream().anyMatch(tokens -> tokens < SMALLEST_WINDOW)) {
        throw new IllegalArgumentException(
            "a provider's windows are of at least " + SMALLEST_WINDOW + " tokens");
      }
      if (maxTokens != null && maxTokens < 1) {
        throw new IllegalArgumentException("a provider's maxTokens is at least 1");
      }
      timeoutSeconds = timeoutSeconds == null ? DEFAULT_TIMEOUT_SECONDS : timeoutSeconds;
    }

    Dialect speaks() {
      return switch (dialect == null ? Format.OPENAI : dialect) {
        case OPENAI -> new OpenAiDialect();
        case ANTHROPIC -> new AnthropicDialect(maxTokens == null ? DEFAULT_MAX_TOKENS : maxTokens);
        case GEMINI -> new GeminiDialect();
      };
    }

    /** The model as the server names it. */
    String called(String model) {
      return names == null ? model : names.getOrDefault(model, model);
    }

    /** The prices of those models that cost something. */
    Map<String, Price> priced() {
      Map<String, Price> priced = new HashMap<>();
      if (prices != null) {
        prices.forEach((model, cost) -> priced.put(model, cost.price()));
      }
      return priced;
    }

    /** How many tokens a call of the model may have, where the file says it. */
    OptionalLong window(String model) {
      Long tokens = windows == null ? null : windows.get(model);
      return tokens == null ? OptionalLong.empty() : OptionalLong.of(tokens);
    }

    boolean tracesOn() {
      return trace != null && trace;
    }

    int share() {
      return weight == null ? 1 : weight;
    }

    int seconds() {
      return timeoutSeconds == null ? DEFAULT_TIMEOUT_SECONDS : timeoutSeconds;
    }
  }

  /** Of no file: none. */
  static byte[] bytes(Path file) throws IOException {
    return Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
  }

  /**
   * Reads the file; nothing in it means no provider.
   *
   * @throws IllegalStateException when it is not as documented, with the place
   */
  static ProvidersFile parse(Path file, byte[] content) {
    try {
      YAMLMapper yaml =
          YAMLMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();
      JsonNode read = yaml.readTree(content);
      return read.isObject() || read.isArray()
          ? yaml.treeToValue(read, ProvidersFile.class)
          : new ProvidersFile();
    } catch (IOException e) {
      throw new IllegalStateException(
          "the providers file " + file + " is not as documented: " + e.getMessage(), e);
    }
  }
}

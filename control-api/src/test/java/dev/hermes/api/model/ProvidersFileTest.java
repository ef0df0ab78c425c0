package dev.hermes.api.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.api.model.dialect.AnthropicDialect;
import dev.hermes.api.model.dialect.OpenAiDialect;
import dev.hermes.api.model.route.BreakerRule;
import dev.hermes.api.model.route.RetryRule;
import dev.hermes.api.model.strategy.Strategy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProvidersFileTest {
  @TempDir Path folder;

  @Test
  void readsTheDocumentedForm() throws IOException {
    ProvidersFile file =
        read(
            """
            demo:
              enabled: true
            providers:
              - name: openai
                baseUrl: https://api.openai.com/v1
                apiKeyFile: /etc/key
                models: [gpt-5, "vendor/m:1"]
                timeoutSeconds: 7
              - name: local
                baseUrl: http://localhost:1234/v1
                models: [small]
                weight: 0
              - name: claude
                dialect: anthropic
                baseUrl: https://api.anthropic.com/v1
                models: [writer]
                names: {writer: claude-opus-4-6}
                maxTokens: 16000
                windows: {writer: 200000}
                prices: {writer: {input: 5, output: 0.000025}}
            aliases:
              - {name: brief, model: small}
              - {name: careful, model: writer, strategy: tree-of-thought}
              - {name: steady, model: demo, strategy: agreement, paths: 5}
              - {name: long, model: writer, summary: {}}
              - {name: longer, model: writer, summary: {model: careful, maxTokens: 64}}
            retry: {attempts: 2}
            breaker: {openSeconds: 5}
            """);
    assertThat(file.demo().enabled()).isTrue();
    assertThat(file.providers().getFirst().models()).containsExactly("gpt-5", "vendor/m:1");
    assertThat(file.providers().getFirst().seconds()).isEqualTo(7);
    assertThat(file.providers().get(1).seconds()).isEqualTo(60);
    assertThat(file.providers().get(1).apiKeyFile()).isNull();
    assertThat(file.providers().getFirst().speaks()).isInstanceOf(OpenAiDialect.class);
    assertThat(file.providers().getFirst().called("gpt-5")).isEqualTo("gpt-5");
    assertThat(file.providers().getLast().speaks()).isInstanceOf(AnthropicDialect.class);
    assertThat(file.providers().getLast().priced())
        .isEqualTo(Map.of("writer", new Price(5_000_000, 25)));
    assertThat(file.providers().getFirst().priced()).isEmpty();
    assertThat(file.providers().getLast().called("writer")).isEqualTo("claude-opus-4-6");
    assertThat(file.providers().getFirst().share()).isEqualTo(1);
    assertThat(file.providers().get(1).share()).isZero();
    assertThat(file.providers().getLast().window("writer")).hasValue(200_000);
    assertThat(file.providers().getFirst().window("gpt-5")).isEmpty();
    assertThat(file.aliases())
        .extracting(ProvidersFile.Alias::reasons)
        .containsExactly(
            new Strategy.Direct(),
            new Strategy.TreeOfThought(3),
            new Strategy.Agreement(5),
            new Strategy.Direct(),
            new Strategy.Direct());
    assertThat(file.aliases().getFirst().summary()).as("off unless wanted").isNull();
    assertThat(file.aliases().subList(3, 5))
        .extracting(ProvidersFile.Alias::summary)
        .extracting(SummaryWish::tokens)
        .containsExactly(512, 64);
    assertThat(file.aliases().subList(3, 5))
        .extracting(it -> it.summary().by(it, file.aliases()))
        .as("an alias is asked as its model")
        .containsExactly("writer", "writer");
    assertThat(file.retry().rule())
        .isEqualTo(new RetryRule(2, Duration.ofSeconds(1), Duration.ofSeconds(60)));
    assertThat(file.breaker().rule()).isEqualTo(new BreakerRule(5, Duration.ofSeconds(5), 2, 2));
  }

  @Test
  void missingOrEmptyMeansNone() throws IOException {
    assertThat(parse(folder.resolve("absent")).providers()).isEmpty();
    assertThat(read("").demo().enabled()).isFalse();
    assertThat(read("providers: []").providers()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo: {enabled: true, secret: 1}",
        "providers: [{name: x, baseUrl: 'http://y', models: [z], timoutSeconds: 5}]",
        "providers: [{name: x, baseUrl: 'http://y'}]",
        "providers: [{name: x, models: [m]}]",
        "providers: [{name: x, baseUrl: 'http://y', models: [z], weight: -1}]",
        "providers: [{name: x, baseUrl: 'http://y', models: [z]}, {name: x, baseUrl: 'http://w', models: [z]}]",
        "providers: [{name: x, baseUrl: 'ftp://y', models: [z]}]",
        "providers: [{name: x, baseUrl: 'http://y', models: [z], names: {other: z}}]",
        "providers: [{name: x, baseUrl: 'http://y', models: [z], maxTokens: 0}]",
        "providers: [{name: x, baseUrl: 'http://y', models: [z], dialect: cohere}]",
        "providers: [{name: x, baseUrl: 'http://y', models: [z], prices: {other: {input: 1}}}]",
        "providers: [{name: x, baseUrl: 'http://y', models: [z], prices: {z: {input: -1}}}]",
        "providers: [{name: x, baseUrl: 'http://y', models: [z], prices: {z: {output: 1001}}}]",
        "providers: [{name: x, baseUrl: 'http://y', models: [z], prices: {z: {input: 0.0000001}}}]",
        "providers: [{name: x, baseUrl: 'http://y', models: [z], windows: {other: 2000}}]",
        "providers: [{name: x, baseUrl: 'http://y', models: [z], windows: {z: 1000}}]",
        "aliases: [{name: a, model: nobody}]",
        "{demo: {enabled: true}, aliases: [{name: demo, model: demo}]}",
        "{demo: {enabled: true}, aliases: [{name: a, model: demo}, {name: a, model: demo}]}",
        "{demo: {enabled: true}, aliases: [{name: a, model: demo, strategy: think}]}",
        "{demo: {enabled: true}, aliases: [{name: a, model: demo, strategy: agreement, paths: 6}]}",
        "{demo: {enabled: true}, aliases: [{name: a, model: demo, paths: 3}]}",
        "{demo: {enabled: true}, aliases: [{model: demo}]}",
        "retry: {attemps: 2}",
        "providers: {}",
        "::: [",
      })
  void mistakesAreErrors(String text) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("providers file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{model: small} | no provider has small or says its window",
        "{model: nobody} | no provider has nobody or says its window",
        "{maxTokens: 63} | maxTokens are 64 to 8192, not 63",
        "{maxTokens: 8193} | maxTokens are 64 to 8192",
        "{maxTokens: 2000} | the window of large is at least 9024, not 8000",
        "{model: tight} | the window of tight is at least 3072, not 2000",
        "{max_tokens: 100} | max_tokens",
      })
  @DisplayName("AGW-5 a mistake in a summary is said with what is to be done")
  void summaries(String summary, String said) throws IOException {
    String file =
        """
        providers:
          - {name: x, baseUrl: 'http://y', models: [large, small, tight], windows: {large: 8000, tight: 2000}}
        aliases:
          - {name: a, model: large, summary: %s}
        """;
    assertThatThrownBy(() -> read(file.formatted(summary)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(said);
    assertThat(read(file.formatted("{maxTokens: 1744}")).aliases()).as("control").hasSize(1);
  }

  private ProvidersFile read(String text) throws IOException {
    return parse(Files.writeString(folder.resolve("providers.yaml"), text));
  }

  private static ProvidersFile parse(Path file) throws IOException {
    return ProvidersFile.parse(file, ProvidersFile.bytes(file));
  }
}

package dev.hermes.operator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OperatorConfigTest {
  @TempDir Path folder;
  private Map<String, String> variables;

  @BeforeEach
  void complete() throws IOException {
    Path pem = Files.writeString(folder.resolve("public.pem"), "x");
    variables =
        new HashMap<>(
            Map.of(
                "HERMES_NAMESPACE",
                "hermes-system",
                "HERMES_DB_URL",
                "jdbc:postgresql://db:5432/hermes",
                "HERMES_DB_DIR",
                folder.toString(),
                "HERMES_PEPPER_DIR",
                folder.toString(),
                "HERMES_SIGNING_PUBLIC_FILE",
                pem.toString(),
                "HERMES_API_URL",
                "http://api"));
  }

  private OperatorConfig read() {
    return OperatorConfig.from(new Environment(variables));
  }

  @Test
  void defaults() {
    OperatorConfig config = read();

    assertThat(config.leaderElection()).isTrue();
    assertThat(config.managementPort()).isEqualTo(8081);
    assertThat(config.apiServiceAccount()).isEqualTo("hermes-api");
    assertThat(config.allowImageTags()).isFalse();
    assertThat(config.haltAt()).isEmpty();
    assertThat(config.resync()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.takesOver()).isEmpty();
  }

  @Test
  @DisplayName("the chart joins the clusters that are gone by commas")
  void takesOver() {
    variables.put("HERMES_TAKES_OVER", "a, b,");
    assertThat(read().takesOver()).containsExactlyInAnyOrder("a", "b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HERMES_NAMESPACE",
        "HERMES_DB_URL",
        "HERMES_DB_DIR",
        "HERMES_PEPPER_DIR",
        "HERMES_SIGNING_PUBLIC_FILE",
        "HERMES_API_URL"
      })
  @DisplayName("a missing variable is named")
  void missing(String name) {
    variables.remove(name);
    assertThatThrownBy(this::read).hasMessageContaining(name);
  }

  @ParameterizedTest
  @CsvSource({
    "HERMES_DB_URL,mysql://x",
    "HERMES_DB_URL,jdbc:postgresql://db/hermes?password=secret",
    "HERMES_DB_DIR,/does/not/exist",
    "HERMES_LEADER_ELECTION,yes",
    "HERMES_MANAGEMENT_PORT,70000",
    "HERMES_MANAGEMENT_PORT,http",
    "HERMES_RESYNC_SECONDS,0",
    "HERMES_RESYNC_SECONDS,10m"
  })
  @DisplayName("a wrong value is refused with the variable's name and without a password")
  void wrong(String name, String value) {
    variables.put(name, value);
    assertThatThrownBy(this::read).hasMessageContaining(name).message().doesNotContain("secret");
  }

  @Test
  @DisplayName("without a mail host there is no mail; with one the sender must be named")
  void smtp() {
    assertThat(read().smtp()).isEmpty();
    variables.put("HERMES_SMTP_HOST", "mail.example.com");
    assertThatThrownBy(this::read).hasMessageContaining("HERMES_SMTP_FROM");
    variables.put("HERMES_SMTP_FROM", "Hermes <hermes@example.com>");
    assertThatThrownBy(this::read).hasMessageContaining("bare mail address");
    variables.put("HERMES_SMTP_FROM", "hermes@example.com");
    assertThat(read().smtp())
        .contains(
            new OperatorConfig.Smtp(
                "mail.example.com", 587, "starttls", "hermes@example.com", Optional.empty()));
    variables.put("HERMES_SMTP_TLS", "ssl");
    assertThatThrownBy(this::read).hasMessageContaining("none, starttls or tls");
  }

  @Test
  @DisplayName("the halt hook works only when test hooks are on")
  void hooks() {
    variables.put("HERMES_TEST_HALT_AT", "TENANT_ROW");
    assertThat(read().haltAt()).isEmpty();
    variables.put("HERMES_TEST_HOOKS", "true");
    assertThat(read().haltAt()).contains("TENANT_ROW");
  }
}

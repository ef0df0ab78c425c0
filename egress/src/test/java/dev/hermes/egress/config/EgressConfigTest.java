package dev.hermes.egress.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EgressConfigTest {
  @TempDir Path dir;
  private Map<String, String> env;

  @BeforeEach
  void complete() throws Exception {
    Path file = Files.writeString(dir.resolve("public.pem"), "x");
    env =
        new HashMap<>(
            Map.of(
                "HERMES_SIGNING_PUBLIC_FILE",
                file.toString(),
                "HERMES_API_URL",
                "http://api:8080"));
  }

  @Test
  void defaults() {
    EgressConfig config = EgressConfig.from(env);
    assertThat(config.port()).isEqualTo(3128);
    assertThat(config.privateDestinations()).isEmpty();
    assertThat(config.report()).isEmpty();
    assertThat(config.callbackName()).hasToString("platform.hermes.internal:80");
    assertThat(config.callbackPaths())
        .containsExactlyInAnyOrder("/v1/me", "/v1/chat/completions", "/v1/models", "/mcp");
  }

  @Test
  @DisplayName("exceptions of one destination add up")
  void lists() {
    env.put(
        "HERMES_EGRESS_PRIVATE_DESTINATIONS",
        "index.test:80=10.1.0.0/16, index.test:80=fd00::/64,other.test:443=10.2.3.4/32");
    env.put("HERMES_EGRESS_DENY_CIDRS", "34.118.224.0/20");
    EgressConfig config = EgressConfig.from(env);
    assertThat(config.privateDestinations().get("index.test:80")).hasSize(2);
    assertThat(config.privateDestinations()).hasSize(2);
    assertThat(config.denied()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HERMES_API_URL||HERMES_API_URL is not set",
        "HERMES_SIGNING_PUBLIC_FILE|/none|not a file",
        "HERMES_EGRESS_PORT|70000|between 0 and 65535",
        "HERMES_EGRESS_CONNECTIONS|many|must be a number",
        "HERMES_EGRESS_DENY_CIDRS|10.0.0.0|is not a range",
        "HERMES_EGRESS_PRIVATE_DESTINATIONS|index.test:80|index.example.com:443=10.1.2.3/32",
        "HERMES_EGRESS_CALLBACK_NAME|10.0.0.1:80|must be name:port",
        "HERMES_EGRESS_REPORT_URL|http://api|HERMES_EGRESS_REPORT_TOKEN_FILE is not set"
      })
  @DisplayName("a wrong setting is named, with what it takes")
  void wrong(String name, String value, String message) {
    env.put(name, value == null ? "" : value);
    assertThatThrownBy(() -> EgressConfig.from(env)).hasMessageContaining(message);
  }
}

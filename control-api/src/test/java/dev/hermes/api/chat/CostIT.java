package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.api.testing.TestApi;
import dev.hermes.database.key.RawKey;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micronaut.inject.qualifiers.Qualifiers;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a request costs the database; figures that may only fall. */
class CostIT {
  private static TestApi api;
  private static final SimpleMeterRegistry METERS = new SimpleMeterRegistry();

  @BeforeAll
  static void start() {
    api = TestApi.shared().replica(Map.of());
    api.context()
        .getBean(HikariDataSource.class, Qualifiers.byName("app"))
        .setMetricRegistry(METERS);
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @Test
  @DisplayName("transactions a request: 1 plain, 3 in a session with a tool call, 4 with its first")
  void transactions() {
    RawKey key = api.userKey(api.tenant());
    String code = "```python\nprint(1)\n```";
    api.chat(key, ask("demo", "warm"));
    long refresh = 1; // the tenant's configuration is read again every two seconds
    assertThat(cost(key, ask("demo", "x"))).isBetween(1L, 1 + refresh);
    assertThat(cost(key, ask("demo", code), "X-Hermes-Session-Id", "s")).isBetween(4L, 5 + refresh);
    assertThat(cost(key, ask("demo", code), "X-Hermes-Session-Id", "s")).isBetween(3L, 3 + refresh);
  }

  private static long cost(RawKey key, String body, String... headers) {
    long before = borrowed();
    assertThat(api.chat(key, body, headers).status()).isEqualTo(200);
    return borrowed() - before;
  }

  private static long borrowed() {
    return METERS.get("hikaricp.connections.acquire").timer().count();
  }
}

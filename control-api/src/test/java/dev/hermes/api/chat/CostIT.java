package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.testing.TestApi;
import dev.hermes.database.key.RawKey;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a request costs the database; figures that may only fall. */
class CostIT {
  private static TestApi api;

  @BeforeAll
  static void start() {
    api = TestApi.shared().replica(Map.of());
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
    // the tenant's configuration is read again every two seconds, and each second somebody asks
    // whether the database is there: of three, the least is the request's own
    long refresh = 1;
    long plain = Long.MAX_VALUE;
    long first = Long.MAX_VALUE;
    long next = Long.MAX_VALUE;
    for (String session : List.of("a", "b", "c")) {
      plain = Math.min(plain, cost(key, ask("demo", "x")));
      first = Math.min(first, cost(key, ask("demo", code), "X-Hermes-Session-Id", session));
      next = Math.min(next, cost(key, ask("demo", code), "X-Hermes-Session-Id", session));
    }
    assertThat(plain).isBetween(1L, 1 + refresh);
    assertThat(first).isBetween(4L, 5 + refresh);
    assertThat(next).isBetween(3L, 3 + refresh);
  }

  private static long cost(RawKey key, String body, String... headers) {
    long before = borrowed();
    assertThat(api.chat(key, body, headers).status()).isEqualTo(200);
    return borrowed() - before;
  }

  private static long borrowed() {
    return api.context()
        .getBean(MeterRegistry.class)
        .get("hermes_db_pool_wait")
        .tag("pool", "hermes-api-app")
        .timer()
        .count();
  }
}

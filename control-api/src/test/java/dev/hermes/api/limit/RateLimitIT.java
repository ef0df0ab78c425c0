package dev.hermes.api.limit;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RateLimitIT {
  private final TestApi api = TestApi.shared();

  @Test
  @DisplayName(
      "LIM-10 above the limit: 429 with all headers, Retry-After at most 60, reads stay free")
  void limit() {
    TestTenant tenant = api.operator().apply(TestTenant.create().withRequestsPerMinute(3));
    List<RawKey> keys = List.of(api.userKey(tenant), api.userKey(tenant));
    for (int i = 0; i < 3; i++) {
      Answer answer = api.chat(keys.get(i % 2), ask("demo", "x"));
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("x-ratelimit-limit-requests")).isEqualTo("3");
      assertThat(answer.header("x-ratelimit-remaining-requests")).isEqualTo("" + (2 - i));
      assertThat(answer.header("RateLimit-Policy")).isEqualTo("\"chat\";q=3;w=60");
      assertThat(answer.header("RateLimit")).startsWith("\"chat\";r=" + (2 - i) + ";t=");
    }
    for (String stream : List.of("\"stream\":false", "\"stream\":true")) {
      Answer refused = api.chat(keys.getFirst(), ask("demo", "x", stream));
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.errorCode()).isEqualTo("rate_limit_exceeded");
      assertThat(refused.json().at("/error/type").asText()).isEqualTo("requests");
      assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(50, 60);
      assertThat(Integer.parseInt(refused.header("retry-after-ms"))).isBetween(50_000, 60_200);
      assertThat(refused.header("x-ratelimit-remaining-requests")).isEqualTo("0");
      assertThat(refused.header("x-ratelimit-reset-requests")).endsWith("s");
      assertThat(refused.header("x-request-id")).startsWith("req_");
    }
    assertThat(api.get("/v1/me", keys.getFirst()).status()).isEqualTo(200);
    assertThat(api.chat(api.userKey(api.tenant()), ask("demo", "x")).status()).isEqualTo(200);
  }

  @Test
  @DisplayName("reads have a window of their own, ten times as wide")
  void reads() {
    TestTenant tenant = api.operator().apply(TestTenant.create().withRequestsPerMinute(1));
    RawKey key = api.userKey(tenant);
    for (int i = 0; i < 10; i++) {
      assertThat(api.get("/v1/models", key).status()).isEqualTo(200);
    }
    assertThat(api.get("/v1/models", key).status()).isEqualTo(429);
    assertThat(api.chat(key, ask("demo", "x")).status()).isEqualTo(200);
  }

  @Test
  @DisplayName("a change of the Tenant is in force within 5 s")
  void change() {
    TestTenant tenant = api.operator().apply(TestTenant.create().withRequestsPerMinute(1));
    RawKey key = api.userKey(tenant);
    assertThat(api.chat(key, ask("demo", "x")).status()).isEqualTo(200);
    assertThat(api.chat(key, ask("demo", "x")).status()).isEqualTo(429);
    api.operator().apply(tenant.withRequestsPerMinute(5));
    org.awaitility.Awaitility.await()
        .atMost(java.time.Duration.ofSeconds(5))
        .until(() -> api.chat(key, ask("demo", "x")).status() == 200);
  }
}

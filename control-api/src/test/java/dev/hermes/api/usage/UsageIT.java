package dev.hermes.api.usage;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.key.RawKey;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class UsageIT {
  private final TestApi api = TestApi.shared();

  @Test
  @DisplayName("a user sees its own usage; owner, admin and auditor the tenant's; nobody another's")
  void byRole() {
    TestTenant tenant = api.tenant();
    RawKey one = api.userKey(tenant);
    RawKey two = api.userKey(tenant);
    api.chat(one, ask("demo", "a b c"));
    api.chat(one, ask("demo", "a b c"));
    api.chat(two, ask("fake-echo", "x"));
    api.chat(api.userKey(api.tenant()), ask("demo", "foreign"));
    assertThat(requests(api.get("/v1/usage", one))).isEqualTo(2);
    assertThat(requests(api.get("/v1/usage", two))).isEqualTo(1);
    for (Role role : List.of(Role.OWNER, Role.ADMIN, Role.AUDITOR)) {
      RawKey key = api.operator().key(tenant, List.of(role), List.of(Scope.READ));
      assertThat(requests(api.get("/v1/usage", key))).as(role.name()).isEqualTo(3);
    }
    RawKey owner = api.operator().key(tenant, List.of(Role.OWNER), List.of(Scope.READ));
    JsonNode byModel = api.get("/v1/usage?group_by=model&granularity=hour", owner).json();
    assertThat(byModel.path("data").findValuesAsText("group")).containsExactly("demo", "fake-echo");
    assertThat(byModel.at("/data/0/prompt_tokens").asInt()).isEqualTo(6);
    assertThat(byModel.at("/data/0/completion_tokens").asInt()).isEqualTo(8);
    assertThat(byModel.at("/data/1/total_tokens").asInt()).isEqualTo(18);
    assertThat(api.get("/v1/usage?group_by=user", owner).json().path("data")).hasSize(2);
    assertThat(api.get("/v1/usage?group_by=key", owner).json().path("data")).hasSize(2);
  }

  @Test
  void period() {
    TestTenant tenant = api.tenant();
    RawKey key = api.userKey(tenant);
    api.chat(key, ask("demo", "x"));
    String today = LocalDate.now(ZoneOffset.UTC).toString();
    String tomorrow = LocalDate.now(ZoneOffset.UTC).plusDays(1).toString();
    assertThat(requests(api.get("/v1/usage?from=" + today + "&to=" + tomorrow, key))).isEqualTo(1);
    assertThat(requests(api.get("/v1/usage?from=2026-01-01&to=2026-02-01", key))).isZero();
    Instant hour = Instant.now().truncatedTo(ChronoUnit.HOURS);
    JsonNode byHour =
        api.get("/v1/usage?granularity=hour&from=" + hour + "&to=" + tomorrow, key).json();
    assertThat(byHour.at("/data/0/start").asText()).isEqualTo(hour.toString());
  }

  @Test
  @DisplayName("bad dates, periods and names are 400 with the parameter's name")
  void bad() {
    RawKey key = api.userKey(api.tenant());
    for (List<String> it :
        List.of(
            List.of("from=yesterday", "from"),
            List.of("to=2026-13-01", "to"),
            List.of("from=2026-11-25T10:00:00", "from"),
            List.of("from=+999999999-01-01", "from"),
            List.of("from=2026-02-01&to=2026-01-01", "from"),
            List.of("from=2020-01-01&to=2026-01-01", "from"),
            List.of("granularity=second", "granularity"),
            List.of("group_by=password", "group_by"),
            List.of("group_by=model%3Bdrop", "group_by"))) {
      Answer answer = api.get("/v1/usage?" + it.getFirst(), key);
      assertThat(answer.status()).as(it.getFirst()).isEqualTo(400);
      assertThat(answer.json().at("/error/param").asText()).isEqualTo(it.getLast());
    }
  }

  private static int requests(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    int requests = 0;
    for (JsonNode row : answer.json().path("data")) {
      requests += row.path("requests").asInt();
    }
    return requests;
  }
}

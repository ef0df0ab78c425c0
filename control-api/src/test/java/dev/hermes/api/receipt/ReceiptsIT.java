package dev.hermes.api.receipt;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.key.RawKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ReceiptsIT {
  private static final String CALL = "```bash\necho x\n```";
  private final TestApi api = TestApi.shared();

  @Test
  @DisplayName(
      "AUD-10 a user sees its own receipts, admin and auditor with scope audit the tenant's")
  void byRole() {
    TestTenant tenant = api.tenant();
    RawKey one = api.userKey(tenant);
    RawKey two = api.userKey(tenant);
    api.chat(one, ask("demo", CALL), "X-Hermes-Session-Id", "mine");
    api.chat(two, ask("demo", CALL));
    assertThat(ids(api.get("/v1/execution-receipts", one))).hasSize(1);
    assertThat(ids(api.get("/v1/execution-receipts?session=mine", one))).hasSize(1);
    assertThat(ids(api.get("/v1/execution-receipts?session=other", one))).isEmpty();
    for (Role role : List.of(Role.ADMIN, Role.AUDITOR)) {
      RawKey audit = api.operator().key(tenant, List.of(role), List.of(Scope.AUDIT));
      assertThat(ids(api.get("/v1/execution-receipts", audit))).hasSize(2);
      RawKey read = api.operator().key(tenant, List.of(role), List.of(Scope.READ));
      assertThat(ids(api.get("/v1/execution-receipts", read))).isEmpty();
    }
    RawKey user = api.operator().key(tenant, List.of(Role.USER), List.of(Scope.AUDIT));
    assertThat(api.get("/v1/execution-receipts", user).status()).isEqualTo(403);
    RawKey foreign = api.operator().key(api.tenant(), List.of(Role.AUDITOR), List.of(Scope.AUDIT));
    assertThat(ids(api.get("/v1/execution-receipts", foreign))).isEmpty();
  }

  @Test
  @DisplayName("pages are complete, without double, newest first")
  void pages() {
    RawKey key = api.userKey(api.tenant());
    api.chat(key, ask("demo", (CALL + "\n").repeat(7)));
    List<String> all = ids(api.get("/v1/execution-receipts", key));
    assertThat(all).hasSize(7).isSortedAccordingTo((a, b) -> b.compareTo(a));
    List<String> paged = new ArrayList<>();
    String path = "/v1/execution-receipts?limit=3";
    for (Answer page = api.get(path, key); ; ) {
      paged.addAll(ids(page));
      JsonNode body = page.json();
      if (!body.path("has_more").asBoolean()) {
        assertThat(body.path("next").isNull()).isTrue();
        break;
      }
      page = api.get(path + "&after=" + body.path("next").asText(), key);
    }
    assertThat(paged).isEqualTo(all);
    for (String bad : List.of("limit=0", "limit=101", "limit=x", "after=nonsense")) {
      assertThat(api.get("/v1/execution-receipts?" + bad, key).status()).as(bad).isEqualTo(400);
    }
  }

  @Test
  @DisplayName("an allowed write and every tool call are in the audit log")
  void audited() throws Exception {
    TestTenant tenant = api.tenant();
    api.chat(api.userKey(tenant), ask("demo", CALL));
    List<String> actions =
        api.column(
            "select action || ' ' || outcome from hermes.audit_log where tenant_id = '"
                + tenant.id()
                + "' order by 1");
    assertThat(actions).containsExactly("chat.completion allowed", "tool.execute allowed");
  }

  private static List<String> ids(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    List<String> ids = new ArrayList<>();
    answer.json().path("data").forEach(row -> ids.add(row.path("id").asText()));
    return ids;
  }
}

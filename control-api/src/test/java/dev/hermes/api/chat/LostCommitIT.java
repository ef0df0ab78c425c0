package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.database.TcpProxy;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A turn's end is committed, and the network breaks before the API hears of it. */
class LostCommitIT {
  @ParameterizedTest(name = "tool: {0}, session: {1}")
  @CsvSource({"false,", "true,", "true,kept"})
  @DisplayName("AGW-7 AUD-1 a settlement whose answer was lost is written again, and is there once")
  void once(boolean tool, String session) throws Exception {
    TestApi shared = TestApi.shared();
    String url = shared.database().url();
    int port = URI.create(url.substring("jdbc:".length())).getPort();
    try (TcpProxy proxy = new TcpProxy(port);
        TestApi api =
            shared.replica(
                Map.of("hermes.db-url", url.replace(":" + port + "/", ":" + proxy.port() + "/")))) {
      TestTenant tenant = api.tenant();
      RawKey key = api.userKey(tenant);
      String said = tool ? "```python\nprint(6 * 7)\n```" : "hello";
      proxy.loseCommitOf("insert into usage_records");
      Answer answer =
          session == null
              ? api.chat(key, ask("demo", said))
              : api.chat(key, ask("demo", said), "X-Hermes-Session-Id", session);
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(proxy.hasLost()).as("control: the answer to a commit was lost").isTrue();
      assertThat(rows(api, tenant, "usage_records", "status")).containsExactly("succeeded");
      assertThat(rows(api, tenant, "audit_log", "action"))
          .containsExactlyInAnyOrderElementsOf(
              tool ? List.of("tool.execute", "chat.completion") : List.of("chat.completion"));
      assertThat(rows(api, tenant, "execution_receipts", "status"))
          .isEqualTo(tool ? List.of("succeeded") : List.of());
      assertThat(rows(api, tenant, "messages", "role"))
          .isEqualTo(
              session == null ? List.of() : List.of("user", "assistant", "tool", "assistant"));
    }
  }

  private static List<String> rows(TestApi api, TestTenant tenant, String table, String column) {
    return api.column(
        "select %s from hermes.%s where tenant_id = '%s'".formatted(column, table, tenant.id())
            + (table.equals("messages") ? " order by seq" : ""));
  }
}

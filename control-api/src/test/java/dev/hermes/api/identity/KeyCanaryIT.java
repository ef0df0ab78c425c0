package dev.hermes.api.identity;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import dev.hermes.api.health.ManagementServer;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.database.key.RawKey;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class KeyCanaryIT {
  private final TestApi api = TestApi.shared();

  @Test
  @DisplayName(
      "SEC-10 a key is in no answer, log line (DEBUG too), metric or row, whatever goes wrong")
  void nowhere() throws Exception {
    RawKey key = api.userKey(api.tenant());
    String secret = key.text().substring(20, 63);
    Logger root = (Logger) LoggerFactory.getLogger("dev.hermes");
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    root.addAppender(log);
    root.setLevel(Level.DEBUG);
    List<Answer> answers = new ArrayList<>();
    try {
      answers.add(api.get("/v1/me", key));
      answers.add(api.get("/v1/nothing", key));
      answers.add(api.chat(key, "{"));
      answers.add(api.chat(key, ask("fake-500", "x")));
      answers.add(api.chat(key, ask("fake-cut", "x", "\"stream\":true")));
      answers.add(api.chat(key, ask("gpt", "x")));
      answers.add(
          api.chat(
              key,
              ask("demo", "```python\nimport os\nprint(os.environ)\n```"),
              "Idempotency-Key",
              "k"));
      answers.add(api.send("PUT", "/v1/me", key, "{}", request -> {}));
      api.operator().revoke(key);
      org.awaitility.Awaitility.await().until(() -> api.get("/v1/me", key).status() == 401);
      answers.add(api.get("/v1/me", key));
      int port = api.context().getBean(ManagementServer.class).port();
      answers.add(
          api.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build()));
    } finally {
      root.setLevel(null);
      root.detachAppender(log);
    }
    assertThat(answers).allSatisfy(it -> assertThat(it.text()).doesNotContain(secret));
    assertThat(answers)
        .allSatisfy(it -> assertThat(it.http().headers().map().toString()).doesNotContain(secret));
    assertThat(List.copyOf(log.list))
        .allSatisfy(event -> {
          assertThat(event.getFormattedMessage()).doesNotContain(secret);
          if (event.getThrowableProxy() != null) {
            assertThat(ThrowableProxyUtil.asString(event.getThrowableProxy()))
                .doesNotContain(secret);
          }
        });
    assertThat(rowsWith(secret)).isZero();
  }

  /** Bytes are written in hex otherwise, where nothing would be found. */
  private static String text(String table) {
    return table.equals("hermes.idempotency_keys")
        ? "t::text || coalesce(encode(t.body, 'escape'), '')"
        : "t::text";
  }

  private long rowsWith(String secret) throws Exception {
    long found = 0;
    try (var connection = api.database().superuser();
        var statement = connection.createStatement()) {
      for (String table :
          List.of(
              "hermes.audit_log",
              "hermes.usage_records",
              "hermes.execution_receipts",
              "hermes.messages",
              "hermes.sessions",
              "hermes.memories",
              "hermes.user_profiles",
              "hermes.responses",
              "hermes.skills",
              "hermes.idempotency_keys",
              "authn.key_digests")) {
        try (var row =
            statement.executeQuery(
                "select count(*) from "
                    + table
                    + " t where "
                    + text(table)
                    + " like '%"
                    + secret
                    + "%'")) {
          row.next();
          found += row.getLong(1);
        }
      }
    }
    return found;
  }
}

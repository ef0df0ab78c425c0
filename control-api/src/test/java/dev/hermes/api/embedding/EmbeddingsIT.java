package dev.hermes.api.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.FakeAnthropic;
import dev.hermes.api.testing.FakeEmbeddings;
import dev.hermes.api.testing.FakeGemini;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.key.RawKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddingsIT {
  @TempDir private static Path folder;
  private static FakeEmbeddings first;
  private static FakeEmbeddings second;
  private static FakeGemini gemini;
  private static FakeAnthropic anthropic;
  private static TestApi api;
  private TestTenant tenant;
  private RawKey key;

  @BeforeAll
  static void start() throws IOException {
    first = new FakeEmbeddings();
    second = new FakeEmbeddings();
    gemini = new FakeGemini();
    anthropic = new FakeAnthropic();
    Path file = folder.resolve("providers.yaml");
    Files.writeString(
        file,
        "demo: {enabled: true}\nretry: {attempts: 2, firstSeconds: 0}\nproviders:\n"
            + first.yaml("first", "small", 1)
            + second.yaml("second", "small", 0)
            + gemini.yaml("google", "[gemini-embedding]", "weight: 1")
            + anthropic.yaml("anthropic", "[claude]", "weight: 1"));
    api = TestApi.shared().replica(Map.of("hermes.providers-file", file.toString()));
  }

  @AfterAll
  static void stop() {
    api.close();
    first.close();
    second.close();
    gemini.close();
    anthropic.close();
  }

  @BeforeEach
  void key() {
    tenant = api.tenant();
    key = api.userKey(tenant);
  }

  private Answer embed(String body) {
    return api.post("/v1/embeddings", key, body);
  }

  private JsonNode usage() {
    return api.get("/v1/usage?group_by=provider", key).json().path("data");
  }

  @ParameterizedTest
  @ValueSource(strings = {"small", "gemini-embedding"})
  @DisplayName("AGW-1 texts in, vectors out in their order, as numbers or base64, counted")
  void vectors(String model) {
    String body = "{\"model\":\"" + model + "\",\"input\":[\"one\",\"three\"]%s}";
    Answer numbers = embed(body.formatted(""));
    assertThat(numbers.status()).as(numbers.text()).isEqualTo(200);
    JsonNode list = numbers.json();
    assertThat(list.path("object").asText()).isEqualTo("list");
    assertThat(list.path("model").asText()).isEqualTo(model);
    assertThat(list.at("/data/0/embedding/0").asDouble()).isEqualTo(3);
    assertThat(list.at("/data/1/embedding/0").asDouble()).isEqualTo(5);
    assertThat(list.at("/data/1/index").asInt()).isEqualTo(1);
    assertThat(list.at("/usage/prompt_tokens").asInt()).isPositive();

    JsonNode encoded = embed(body.formatted(",\"encoding_format\":\"base64\"")).json();
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(encoded.at("/data/1/embedding").asText()))
            .order(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.getFloat()).isEqualTo(5f);
    assertThat(bytes.getFloat()).isEqualTo(1f);
    assertThat(usage()).hasSize(1);
    assertThat(usage().at("/0/requests").asInt()).isEqualTo(2);
    assertThat(usage().at("/0/completion_tokens").asInt()).isZero();
    assertThat(usage().at("/0/prompt_tokens").asInt())
        .isEqualTo(2 * list.at("/usage/prompt_tokens").asInt());
    assertThat(
            api.column(
                "select action || ' ' || object from hermes.audit_log where tenant_id = '"
                    + tenant.id()
                    + "'"))
        .contains("embedding model:" + model);
  }

  @Test
  @DisplayName("AGW-1 a text alone, tokens and lists of tokens; dimensions reach the upstream")
  void forms() {
    for (String input : List.of("\"alone\"", "[1,2,3]", "[[1,2],[3]]")) {
      Answer answer = embed("{\"model\":\"small\",\"dimensions\":2,\"input\":" + input + "}");
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(first.requests().getLast().path("dimensions").asInt()).isEqualTo(2);
    }
    Answer tokens = embed("{\"model\":\"gemini-embedding\",\"input\":[1,2]}");
    assertThat(tokens.status()).isEqualTo(400);
    assertThat(tokens.json().at("/error/param").asText()).isEqualTo("input");
  }

  @Test
  @DisplayName("AGW-13 RES-5 the first upstream fails: the second answers, and that is degraded")
  void fallback() {
    first.plant(503, "application/json", "{}");
    assertThat(embed("{\"model\":\"small\",\"input\":\"x\"}").status()).isEqualTo(200);
    assertThat(usage().at("/0/group").asText()).isEqualTo("second");
    assertThat(usage().at("/0/degraded_requests").asInt()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"data\":[]}",
        "{\"data\":[{\"index\":0,\"embedding\":null}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":\"***\"}]}",
        "not json"
      })
  @DisplayName("RES-5 an answer that is none is tried again elsewhere")
  void nonsense(String planted) {
    first.plant(200, "application/json", planted);
    int before = second.requests().size();
    assertThat(embed("{\"model\":\"small\",\"input\":\"x\"}").status()).isEqualTo(200);
    assertThat(second.requests()).hasSize(before + 1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`{\"model\":\"small\"}` | input",
        "`{\"input\":\"x\"}` | model",
        "`{\"model\":\"small\",\"input\":\"\"}` | input",
        "`{\"model\":\"small\",\"input\":[]}` | input",
        "`{\"model\":\"small\",\"input\":[\"x\",1]}` | input",
        "`{\"model\":\"small\",\"input\":[-1]}` | input",
        "`{\"model\":\"small\",\"input\":\"x\",\"dimensions\":0}` | dimensions",
        "`{\"model\":\"small\",\"input\":\"x\",\"encoding_format\":\"hex\"}` | encoding_format",
        "`{\"model\":\"claude\",\"input\":\"x\"}` | model",
        "`{\"model\":\"demo\",\"input\":\"x\"}` | model"
      })
  @DisplayName("AGW-2 what is wrong with a request is said, with its member")
  void wrong(String body, String param) {
    Answer answer = embed(body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.json().at("/error/param").asText()).isEqualTo(param);
  }

  @Test
  @DisplayName(
      "AGW-2 more texts than a request may have; an unknown model; a key that may only read")
  void bounds() {
    String texts = "\"x\",".repeat(EmbeddingReader.MOST_TEXTS) + "\"x\"";
    assertThat(embed("{\"model\":\"small\",\"input\":[" + texts + "]}").status()).isEqualTo(400);
    Answer unknown = embed("{\"model\":\"none\",\"input\":\"x\"}");
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.errorCode()).isEqualTo("model_not_found");
    RawKey reader = api.operator().key(tenant, List.of(Role.USER), List.of(Scope.READ));
    String body = "{\"model\":\"small\",\"input\":\"x\"}";
    assertThat(api.post("/v1/embeddings", reader, body).status()).isEqualTo(403);
    assertThat(embed(body).status()).as("control").isEqualTo(200);
  }
}

package dev.hermes.api.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import dev.hermes.api.testing.FakeEmbeddings;
import dev.hermes.api.testing.FakeUpstream;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Published clients of OpenAI's API, unmodified, against the API and a strict upstream. */
class OpenAiSdkIT {
  @TempDir private static Path folder;
  private static FakeUpstream upstream;
  private static FakeEmbeddings embeddings;
  private static TestApi api;

  @BeforeAll
  static void start() throws Exception {
    upstream = FakeUpstream.start();
    embeddings = new FakeEmbeddings();
    Path file = folder.resolve("providers.yaml");
    Files.writeString(
        file, upstream.providersYaml() + embeddings.yaml("embeddings", "fake-embedding", 1));
    api = TestApi.shared().replica(Map.of("hermes.providers-file", file.toString()));
  }

  @AfterAll
  static void stop() {
    api.close();
    upstream.close();
    embeddings.close();
  }

  @ParameterizedTest
  @CsvSource({"python, 21", "javascript, 14"})
  @DisplayName(
      "AGW-1 chat, streams, tools, structured output, images, embeddings, errors, retry, cancelling;"
          + " AGW-15 a client's own repeats under one key are one turn")
  void published(String language, int parts) throws Exception {
    TestTenant tenant = api.tenant();
    RawKey key = api.userKey(tenant);
    upstream.forget();
    upstream.refuse(500, Map.of());
    String said = run(language, key);
    assertThat(said.lines().filter(line -> line.startsWith("ok ")).count())
        .as(said)
        .isEqualTo(parts);

    assertThat(upstream.requests().subList(0, 2))
        .as("asked again by the client, with the same")
        .allMatch(it -> it.at("/messages/0/content").asText().equals("hello"));
    assertThat(upstream.requests())
        .as("an image goes through as it came")
        .anyMatch(it ->
            it.at("/messages/0/content/1/image_url/url")
                .asText()
                .equals("data:image/png;base64,iVBORw0KGgo="));
    assertThat(upstream.requests())
        .as("so does the schema of the answer")
        .anyMatch(it -> it.at("/response_format/json_schema/schema").isObject());
    Awaitility.await()
        .atMost(5, TimeUnit.SECONDS)
        .untilAsserted(
            () -> assertThat(upstream.hungUp()).as("the endless stream was cut").isTrue());
    JsonNode usage = api.get("/v1/usage?group_by=model", key).json().path("data");
    assertThat(usage).as("every model that was asked").hasSizeGreaterThanOrEqualTo(6);
  }

  @ParameterizedTest
  @CsvSource({"langchain4j", "spring-ai"})
  @DisplayName(
      "AGW-1 chat, streams, tools, structured output, embeddings and errors, as the frameworks of"
          + " Java's applications ask for them")
  void frameworks(String framework) throws Exception {
    RawKey key = api.userKey(api.tenant());
    upstream.forget();
    upstream.refuse(500, Map.of());
    String said = run(framework, key);
    assertThat(said.lines().filter(line -> line.startsWith("ok ")).count()).as(said).isEqualTo(7);
    assertThat(upstream.requests().subList(0, 2))
        .as("asked again by the client, with the same")
        .allMatch(it -> it.at("/messages/1/content").asText().equals("hello"));
    assertThat(upstream.requests())
        .as("the schema of the answer goes through as it came")
        .anyMatch(it ->
            it.at("/response_format/json_schema/schema/properties/age/type")
                .asText()
                .equals("integer"));
    assertThat(upstream.requests())
        .as("so does that of the tool's arguments")
        .anyMatch(it ->
            it.at("/tools/0/function/parameters/properties/city/type").asText().equals("string"));
  }

  @Test
  @DisplayName(
      "AGW-1 the same with OpenAI's Java client, which refuses a chunk that lacks a member")
  void java() throws Exception {
    RawKey key = api.userKey(api.tenant());
    upstream.forget();
    upstream.refuse(500, Map.of());
    OpenAIClient client = client(key.text());
    ChatCompletion hello = client.chat().completions().create(ask("fake-echo", "hello").build());
    assertThat(hello.validate().choices().getFirst().message().content()).contains("echo: hello");
    assertThat(hello.usage().orElseThrow().validate().totalTokens()).isEqualTo(18);
    assertThat(upstream.requests()).as("asked again by the client").hasSize(2);

    assertThat(client.models().list().data()).extracting(Model::id).contains("vendor/fake:1");
    assertThat(client.models().retrieve("vendor/fake:1").validate().id())
        .isEqualTo("vendor/fake:1");

    assertThat(streamed(client, ask("fake-echo", "one two")).message().content())
        .contains("echo: one two");
    var called =
        streamed(
                client,
                ask("fake-client-tool", "weather?")
                    .addFunctionTool(
                        FunctionDefinition.builder()
                            .name("weather")
                            .parameters(
                                FunctionParameters.builder()
                                    .putAdditionalProperty("type", JsonValue.from("object"))
                                    .build())
                            .build()))
            .message();
    assertThat(called.toolCalls().orElseThrow().getFirst().asFunction().function().arguments())
        .isEqualTo("{\"city\":\"Zürich\"}");

    var vectors =
        client
            .embeddings()
            .create(
                EmbeddingCreateParams.builder()
                    .model("fake-embedding")
                    .inputOfArrayOfStrings(List.of("one", "three"))
                    .build());
    assertThat(vectors.data().getLast().embedding()).containsExactly(5f, 1f);
  }

  @Test
  @DisplayName("AGW-1 responses with OpenAI's Java client, each event checked")
  void javaResponses() {
    OpenAIClient client = client(api.userKey(api.tenant()).text());
    Response hello =
        client
            .responses()
            .create(ResponseCreateParams.builder().model("fake-echo").input("hello").build())
            .validate();
    assertThat(hello.output().getFirst().asMessage().content().getFirst().asOutputText().text())
        .isEqualTo("echo: hello");
    Response after =
        client
            .responses()
            .create(
                ResponseCreateParams.builder()
                    .model("fake-echo")
                    .previousResponseId(hello.id())
                    .input("again")
                    .build())
            .validate();
    assertThat(after.previousResponseId()).contains(hello.id());
    assertThat(client.responses().retrieve(after.id()).validate()).isEqualTo(after);
    client.responses().delete(after.id());
    assertThatThrownBy(() -> client.responses().retrieve(after.id()))
        .isInstanceOf(NotFoundException.class);
    ResponseAccumulator accumulator = ResponseAccumulator.create();
    try (var stream =
        client
            .responses()
            .createStreaming(
                ResponseCreateParams.builder().model("fake-echo").input("one two").build())) {
      stream.stream().forEach(event -> accumulator.accumulate(event.validate()));
    }
    Response streamed = accumulator.response();
    assertThat(streamed.output().getFirst().asMessage().content().getFirst().asOutputText().text())
        .isEqualTo("echo: one two");
    assertThat(streamed.usage().orElseThrow().totalTokens()).isEqualTo(18);
  }

  @Test
  @DisplayName("AGW-1 errors, as OpenAI's Java client tells them apart")
  void javaErrors() {
    RawKey key = api.userKey(api.tenant());
    OpenAIClient once = client(key.text()).withOptions(options -> options.maxRetries(0));
    assertThatThrownBy(() -> once.chat().completions().create(ask("fake-400", "x").build()))
        .isInstanceOfSatisfying(
            BadRequestException.class,
            e -> assertThat(e.code()).contains("context_length_exceeded"));
    assertThatThrownBy(() -> once.chat().completions().create(ask("nope", "x").build()))
        .isInstanceOfSatisfying(
            NotFoundException.class, e -> assertThat(e.param()).contains("model"));
    assertThatThrownBy(() -> once.chat().completions().create(ask("fake-429", "x").build()))
        .isInstanceOf(RateLimitException.class);
    assertThatThrownBy(() -> once.chat().completions().create(ask("fake-500", "x").build()))
        .isInstanceOf(InternalServerException.class);
    assertThatThrownBy(() -> client("hx_live_wrong").models().list())
        .isInstanceOf(UnauthorizedException.class);
    assertThatThrownBy(() -> streamed(once, ask("fake-in-stream-error", "x")))
        .isInstanceOf(OpenAIException.class)
        .hasMessageContaining("overloaded");
  }

  private static OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder().baseUrl(api.uri("/v1").toString()).apiKey(key).build();
  }

  private static ChatCompletionCreateParams.Builder ask(String model, String text) {
    return ChatCompletionCreateParams.builder().model(model).addUserMessage(text);
  }

  private static ChatCompletion.Choice streamed(
      OpenAIClient client, ChatCompletionCreateParams.Builder params) {
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    try (var stream = client.chat().completions().createStreaming(params.build())) {
      stream.stream().forEach(chunk -> accumulator.accumulate(chunk.validate()));
    }
    return accumulator.chatCompletion().choices().getFirst();
  }

  private static String run(String language, RawKey key) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder("bash", "src/test/clients/sdk.sh", language).redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("HERMES_URL", api.uri("").toString());
    builder.environment().put("HERMES_API_KEY", key.text());
    Process process = builder.start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    return said;
  }
}

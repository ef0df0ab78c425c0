import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** LangChain4j's client of OpenAI against the API and a strict upstream. */
final class LangChain4j {
  private static final String URL = System.getenv("HERMES_URL") + "/v1";
  private static final String KEY = System.getenv("HERMES_API_KEY");
  private static final ToolSpecification WEATHER =
      ToolSpecification.builder()
          .name("weather")
          .description("Weather of a city")
          .parameters(JsonObjectSchema.builder().addStringProperty("city").required("city").build())
          .build();

  private LangChain4j() {}

  public static void main(String[] arguments) throws Exception {
    // the upstream fails once, by arrangement: the client comes back by itself
    ChatResponse hello = whole("fake-echo").chat(asked("hello"));
    check("echo: hello".equals(hello.aiMessage().text()), hello);
    check(hello.finishReason() == FinishReason.STOP && hello.id() != null, hello);
    check(hello.tokenUsage().inputTokenCount() == 11, hello);
    check(hello.tokenUsage().outputTokenCount() == 7, hello);
    say("retried");

    StringBuilder parts = new StringBuilder();
    ChatResponse streamed = streamed("fake-echo", asked("one two three"), parts);
    check("echo: one two three".equals(streamed.aiMessage().text()), streamed);
    check("echo: one two three".contentEquals(parts), parts);
    check(streamed.tokenUsage().totalTokenCount() == 18, streamed);
    say("stream");

    answered(whole("fake-client-tool").chat(asked("weather?")).aiMessage());
    say("tools, whole");
    answered(streamed("fake-client-tool", asked("weather?"), new StringBuilder()).aiMessage());
    say("tools, streamed");

    structured();
    say("structured output");
    embedded();
    say("embeddings");
    refused();
    say("errors");
    // its handlers' threads are no daemons
    System.exit(0);
  }

  private static void answered(AiMessage called) {
    ToolExecutionRequest call = called.toolExecutionRequests().getFirst();
    check(call.name().equals("weather"), call);
    check(call.arguments().equals("{\"city\":\"Zürich\"}"), call);
    List<ChatMessage> all =
        List.of(UserMessage.from("weather?"), called, ToolExecutionResultMessage.from(call, "sun"));
    ChatRequest followed = ChatRequest.builder().messages(all).toolSpecifications(WEATHER).build();
    ChatResponse told = whole("fake-client-tool").chat(followed);
    check("client said: sun".equals(told.aiMessage().text()), told);
  }

  private static void structured() {
    JsonObjectSchema person =
        JsonObjectSchema.builder()
            .addStringProperty("name")
            .addIntegerProperty("age")
            .required("name", "age")
            .build();
    ResponseFormat format =
        ResponseFormat.builder()
            .type(ResponseFormatType.JSON)
            .jsonSchema(JsonSchema.builder().name("person").rootElement(person).build())
            .build();
    String text = "{\"name\":\"Ann\",\"age\":7}";
    ChatRequest request =
        ChatRequest.builder().messages(UserMessage.from(text)).responseFormat(format).build();
    ChatResponse answer = whole("fake-say").chat(request);
    check(text.equals(answer.aiMessage().text()), answer);
  }

  private static void embedded() {
    OpenAiEmbeddingModel model =
        OpenAiEmbeddingModel.builder().baseUrl(URL).apiKey(KEY).modelName("fake-embedding").build();
    var vectors =
        model.embedAll(List.of(TextSegment.from("one"), TextSegment.from("three"))).content();
    check(vectors.getFirst().vectorAsList().equals(List.of(3f, 0f)), vectors);
    check(vectors.getLast().vectorAsList().equals(List.of(5f, 1f)), vectors);
  }

  private static void refused() {
    thrown(AuthenticationException.class, () -> once("fake-echo", "hx_live_wrong").chat("x"));
    thrown(InvalidRequestException.class, () -> once("fake-400", KEY).chat("x"));
    thrown(ModelNotFoundException.class, () -> once("nope", KEY).chat("x"));
    thrown(RateLimitException.class, () -> once("fake-429", KEY).chat("x"));
    thrown(InternalServerException.class, () -> once("fake-500", KEY).chat("x"));
    // it reads past an error inside of a stream; nothing says then that the answer is whole
    ChatResponse half = streamed("fake-in-stream-error", asked("x"), new StringBuilder());
    check(half.finishReason() == null && "begun ".equals(half.aiMessage().text()), half);
  }

  private static OpenAiChatModel whole(String model) {
    return OpenAiChatModel.builder().baseUrl(URL).apiKey(KEY).modelName(model).build();
  }

  private static OpenAiChatModel once(String model, String key) {
    return OpenAiChatModel.builder()
        .baseUrl(URL)
        .apiKey(key)
        .modelName(model)
        .maxRetries(0)
        .build();
  }

  private static ChatRequest asked(String text) {
    return ChatRequest.builder()
        .messages(SystemMessage.from("be short"), UserMessage.from(text))
        .toolSpecifications(WEATHER)
        .build();
  }

  private static ChatResponse streamed(String model, ChatRequest request, StringBuilder parts) {
    CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    OpenAiStreamingChatModel.builder()
        .baseUrl(URL)
        .apiKey(KEY)
        .modelName(model)
        .build()
        .chat(
            request,
            new StreamingChatResponseHandler() {
              @Override
              public void onPartialResponse(String part) {
                parts.append(part);
              }

              @Override
              public void onCompleteResponse(ChatResponse response) {
                whole.complete(response);
              }

              @Override
              public void onError(Throwable error) {
                whole.completeExceptionally(error);
              }
            });
    try {
      return whole.get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (Exception e) {
      throw new AssertionError("the stream did not end", e);
    }
  }

  private static void thrown(Class<? extends Exception> kind, Runnable act) {
    try {
      act.run();
    } catch (RuntimeException e) {
      check(kind.isInstance(e) && Objects.toString(e.getMessage(), "").length() > 10, e);
      return;
    }
    check(false, "no " + kind.getSimpleName());
  }

  private static void check(boolean holds, Object what) {
    if (!holds) {
      System.err.println("langchain4j: " + what);
      System.exit(1);
    }
  }

  private static void say(String name) {
    System.out.println("ok " + name);
  }
}

import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import java.util.List;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.converter.BeanOutputConverter;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.openai.OpenAiEmbeddingOptions;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.function.FunctionToolCallback;

/** Spring AI's models of OpenAI, without Spring Boot, against the API and a strict upstream. */
final class SpringAi {
  private static final String URL = System.getenv("HERMES_URL") + "/v1";
  private static final String KEY = System.getenv("HERMES_API_KEY");
  private static final ToolCallback WEATHER =
      FunctionToolCallback.builder("weather", (Place place) -> weather(place))
          .description("Weather of a city")
          .inputType(Place.class)
          .build();

  private SpringAi() {}

  /** Arguments of the tool. */
  public record Place(String city) {}

  /** What is asked for in a schema. */
  public record Person(String name, int age) {}

  public static void main(String[] arguments) {
    // the upstream fails once, by arrangement: the client comes back by itself
    ChatResponse hello = whole(options("fake-echo"), "hello");
    check("echo: hello".equals(text(hello)), hello);
    check("stop".equalsIgnoreCase(hello.getResult().getMetadata().getFinishReason()), hello);
    check(hello.getMetadata().getUsage().getPromptTokens() == 11, hello);
    check(hello.getMetadata().getUsage().getCompletionTokens() == 7, hello);
    say("retried");

    List<ChatResponse> parts = streamed(options("fake-echo").streamUsage(true), "one two three");
    check("echo: one two three".equals(together(parts)), parts);
    check(parts.getLast().getMetadata().getUsage().getTotalTokens() == 18, parts);
    say("stream");

    answered(whole(tools(), "weather?"));
    say("tools, whole");
    answered(
        streamed(tools(), "weather?").stream()
            .filter(ChatResponse::hasToolCalls)
            .findFirst()
            .orElseThrow());
    say("tools, streamed");

    var person = new BeanOutputConverter<>(Person.class);
    ChatResponse told =
        whole(
            options("fake-say").outputSchema(person.getJsonSchema()),
            "{\"name\":\"Ann\",\"age\":7}");
    check(new Person("Ann", 7).equals(person.convert(text(told))), told);
    say("structured output");

    embedded();
    say("embeddings");
    refused();
    say("errors");
    // its client's threads are no daemons
    System.exit(0);
  }

  private static String weather(Place place) {
    check(place.city().equals("Zürich"), place);
    return "sun";
  }

  private static void answered(ChatResponse called) {
    AssistantMessage.ToolCall call = called.getResult().getOutput().getToolCalls().getFirst();
    check(call.name().equals("weather"), call);
    Prompt asked = new Prompt(said("weather?"), tools().build());
    List<Message> all =
        ToolCallingManager.builder().build().executeToolCalls(asked, called).conversationHistory();
    ChatResponse told = model(tools()).call(new Prompt(all, tools().build()));
    check("client said: \"sun\"".equals(text(told)), told);
  }

  private static void embedded() {
    OpenAiEmbeddingModel model =
        OpenAiEmbeddingModel.builder()
            .options(
                OpenAiEmbeddingOptions.builder()
                    .baseUrl(URL)
                    .apiKey(KEY)
                    .model("fake-embedding")
                    .build())
            .build();
    List<float[]> vectors = model.embed(List.of("one", "three"));
    check(vectors.get(1)[0] == 5f && vectors.get(1)[1] == 1f, vectors.get(1)[0]);
  }

  private static void refused() {
    thrown(UnauthorizedException.class, options("fake-echo").apiKey("hx_live_wrong"));
    thrown(BadRequestException.class, options("fake-400"));
    thrown(NotFoundException.class, options("nope"));
    thrown(RateLimitException.class, options("fake-429"));
    thrown(InternalServerException.class, options("fake-500"));
    try {
      streamed(options("fake-in-stream-error"), "x");
    } catch (OpenAIException e) {
      check(e.getMessage().contains("overloaded"), e);
      return;
    }
    check(false, "an error inside of a stream is raised");
  }

  private static void thrown(
      Class<? extends OpenAIException> kind, OpenAiChatOptions.Builder options) {
    try {
      whole(options.maxRetries(0), "x");
    } catch (RuntimeException e) {
      check(kind.isInstance(e), e);
      return;
    }
    check(false, "no " + kind.getSimpleName());
  }

  private static OpenAiChatOptions.Builder options(String model) {
    return OpenAiChatOptions.builder().baseUrl(URL).apiKey(KEY).model(model);
  }

  private static OpenAiChatOptions.Builder tools() {
    return options("fake-client-tool").toolCallbacks(WEATHER);
  }

  private static OpenAiChatModel model(OpenAiChatOptions.Builder options) {
    return OpenAiChatModel.builder().options(options.build()).build();
  }

  private static List<Message> said(String text) {
    return List.of(new SystemMessage("be short"), new UserMessage(text));
  }

  private static ChatResponse whole(OpenAiChatOptions.Builder options, String text) {
    return model(options).call(new Prompt(said(text), options.build()));
  }

  private static List<ChatResponse> streamed(OpenAiChatOptions.Builder options, String text) {
    return model(options).stream(new Prompt(said(text), options.build())).collectList().block();
  }

  private static String text(ChatResponse response) {
    return response.getResult().getOutput().getText();
  }

  private static String together(List<ChatResponse> parts) {
    StringBuilder text = new StringBuilder();
    parts.stream()
        .flatMap(part -> part.getResults().stream())
        .map(result -> result.getOutput().getText())
        .filter(part -> part != null)
        .forEach(text::append);
    return text.toString();
  }

  private static void check(boolean holds, Object what) {
    if (!holds) {
      System.err.println("spring ai: " + what);
      System.exit(1);
    }
  }

  private static void say(String name) {
    System.out.println("ok " + name);
  }
}

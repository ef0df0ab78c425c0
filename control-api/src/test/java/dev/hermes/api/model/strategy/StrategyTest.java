package dev.hermes.api.model.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.problem.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Which of several thoughts becomes the answer, and what all of them cost. */
class StrategyTest {
  private static final TokenUsage EACH = new TokenUsage(10, 1, false, 5);

  private final Model model = new Model();
  private final List<String> read = new ArrayList<>();

  /** Says what its script says to a request; each call costs the same. */
  private static final class Model implements ModelProvider {
    private final List<ModelRequest> asked = new CopyOnWriteArrayList<>();
    private Function<ModelRequest, Object> script = request -> "";

    @Override
    public String name() {
      return "scripted";
    }

    @Override
    public ModelAnswer complete(ModelRequest request, Consumer<String> text)
        throws ModelFailed, InterruptedException {
      asked.add(request);
      return switch (script.apply(request)) {
        case ModelFailed.Kind kind ->
            throw new ModelFailed(kind, Failure.badGateway("x", "planted"), EACH);
        case CountDownLatch never -> {
          never.await();
          throw new IllegalStateException("nobody opens it");
        }
        case ToolCall call ->
            new ModelAnswer("", List.of(call), "tool_calls", EACH, "scripted", false);
        case Object said -> {
          text.accept(said.toString());
          yield new ModelAnswer(said.toString(), List.of(), "stop", EACH, "scripted", false);
        }
      };
    }
  }

  private static ObjectNode say(String role, String text) {
    return JsonNodeFactory.instance.objectNode().put("role", role).put("content", text);
  }

  private static ModelRequest request(String seed) throws Exception {
    return new ModelRequest(
        "alias",
        List.of(say("system", "be kind"), say("user", "how?")),
        List.of(JsonNodeFactory.instance.objectNode().put("type", "function")),
        Optional.of(JsonNodeFactory.instance.textNode("auto")),
        (ObjectNode)
            new com.fasterxml.jackson.databind.ObjectMapper()
                .readTree("{\"seed\":" + seed + ",\"response_format\":{\"type\":\"json_object\"}}"),
        true);
  }

  private static String last(ModelRequest request) {
    return request.messages().getLast().path("content").asText();
  }

  private ModelAnswer ask(ModelProvider alias) throws Exception {
    return alias.complete(request("7"), read::add);
  }

  private ModelProvider alias(Strategy strategy) {
    return new AliasProvider(model, "large", strategy, Optional.empty()).forTurn();
  }

  /** Plans are numbered, the vote is for the second, and the answer names the plan it follows. */
  private static Object thinker(ModelRequest request) {
    String asked = last(request);
    if (asked.contains("Outline one approach")) {
      return "plan " + asked.replaceAll("(?s).*approach (\\d) of.*", "$1");
    }
    if (asked.contains("candidates for the approach")) {
      return "Number 2 is best.";
    }
    return request.messages().get(1).path("content").asText().contains("plan 2")
        ? "by plan 2"
        : "by another";
  }

  @Test
  @DisplayName("AGW-14 of three plans the chosen one is followed, and all five calls are paid")
  void treeOfThought() throws Exception {
    model.script = StrategyTest::thinker;
    ModelProvider alias = alias(new Strategy.TreeOfThought(3));
    assertThat(alias.calls()).isEqualTo(5);
    ModelAnswer answer = ask(alias);
    assertThat(answer.text()).isEqualTo("by plan 2");
    assertThat(read).as("only the answer is read").containsExactly("by plan 2");
    assertThat(answer.usage()).isEqualTo(new TokenUsage(50, 5, false, 25));
    assertThat(model.asked).hasSize(5).allMatch(it -> it.model().equals("large"));
    assertThat(model.asked.subList(0, 4))
        .as("thoughts have no tools and no form")
        .allMatch(it -> it.tools().isEmpty() && !it.parameters().has("response_format"));
    assertThat(model.asked.getLast().tools()).hasSize(1);
    assertThat(model.asked.getLast().parameters().has("response_format")).isTrue();
    assertThat(model.asked.subList(0, 3))
        .extracting(it -> it.parameters().path("seed").asInt())
        .containsExactlyInAnyOrder(8, 9, 10);
  }

  @Test
  @DisplayName("AGW-14 the later calls of a turn follow the same plan; another turn thinks anew")
  void onePlanATurn() throws Exception {
    model.script = StrategyTest::thinker;
    ModelProvider alias = alias(new Strategy.TreeOfThought(2));
    ask(alias);
    assertThat(alias.calls()).isEqualTo(1);
    ModelAnswer again = ask(alias);
    assertThat(again.text()).isEqualTo("by plan 2");
    assertThat(again.usage()).isEqualTo(EACH);
    assertThat(model.asked).hasSize(5);
    assertThat(alias.forTurn().calls()).isEqualTo(4);
  }

  @Test
  @DisplayName("AGW-14 what fails beside others is done without; when all fail the turn fails")
  void failures() throws Exception {
    model.script =
        request ->
            last(request).contains("approach 1 of")
                ? ModelFailed.Kind.UNREACHABLE
                : thinker(request);
    ModelAnswer answer = ask(alias(new Strategy.TreeOfThought(2)));
    assertThat(answer.text()).as("the one plan left needs no vote").isEqualTo("by plan 2");
    assertThat(answer.usage().prompt()).isEqualTo(30);

    model.script = request -> ModelFailed.Kind.UNREACHABLE;
    assertThatThrownBy(() -> ask(alias(new Strategy.Agreement(3))))
        .isInstanceOfSatisfying(
            ModelFailed.class, e -> assertThat(e.usage().prompt()).isEqualTo(30));
    assertThatThrownBy(() -> ask(alias(new Strategy.TreeOfThought(3))))
        .isInstanceOfSatisfying(
            ModelFailed.class, e -> assertThat(e.usage().prompt()).isEqualTo(30));
  }

  @Test
  @DisplayName("AGW-14 what most samples say is the answer, however it is written")
  void agreement() throws Exception {
    model.script =
        request ->
            switch (request.parameters().path("seed").asInt()) {
              case 7 -> "41";
              case 8 -> "It is\n 42.";
              default -> "it is 42";
            };
    ModelAnswer answer = ask(alias(new Strategy.Agreement(3)));
    assertThat(answer.text()).isEqualTo("It is\n 42.");
    assertThat(read).containsExactly("It is\n 42.");
    assertThat(answer.usage()).isEqualTo(new TokenUsage(30, 3, false, 15));
    assertThat(model.asked).as("no vote is needed").hasSize(3);
    assertThat(model.asked).allMatch(it -> it.tools().size() == 1);
  }

  @Test
  @DisplayName(
      "AGW-14 where no two samples agree the model chooses, and a vote for none is the first")
  void disagreement() throws Exception {
    for (var vote : java.util.Map.of("3", "answer 9", "none of them: 17", "answer 7").entrySet()) {
      model.script =
          request ->
              last(request).contains("candidates for the answer")
                  ? vote.getKey()
                  : "answer " + request.parameters().path("seed").asInt();
      ModelAnswer answer = ask(alias(new Strategy.Agreement(3)));
      assertThat(answer.text()).isEqualTo(vote.getValue());
      assertThat(answer.usage().prompt()).isEqualTo(40);
    }
  }

  @Test
  @DisplayName("AGW-14 calls agree by name and arguments")
  void calls() throws Exception {
    model.script =
        request ->
            new ToolCall(
                "id" + request.parameters().path("seed").asInt(),
                "python",
                request.parameters().path("seed").asInt() == 7 ? "{\"code\":\"1\"}" : "{}",
                Optional.empty());
    ModelAnswer answer = ask(alias(new Strategy.Agreement(3)));
    assertThat(answer.toolCalls()).singleElement().extracting(ToolCall::arguments).isEqualTo("{}");
    assertThat(read).isEmpty();
  }

  @Test
  @DisplayName("AGW-14 an interrupted turn cancels all its thoughts and pays for what they used")
  void interrupted() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    model.script = request -> last(request).contains("approach 1 of") ? "plan 1" : never;
    ModelProvider alias = alias(new Strategy.TreeOfThought(3));
    Thread turn =
        Thread.ofVirtual()
            .start(() ->
                assertThatThrownBy(() -> ask(alias)).isInstanceOf(InterruptedException.class));
    while (model.asked.size() < 3) {
      Thread.onSpinWait();
    }
    turn.interrupt();
    assertThat(turn.join(java.time.Duration.ofSeconds(10))).isTrue();
    TokenUsage broken = alias.broken(request("7"), 0);
    assertThat(broken.completion()).as("of the one that ended").isEqualTo(1);
    assertThat(broken.prompt()).as("10 said, and two prompts estimated").isGreaterThan(100);
    assertThat(broken.estimated()).isTrue();
    assertThat(alias.broken(request("7"), 0)).as("once").isEqualTo(TokenUsage.NONE);
  }

  @Test
  @DisplayName("AGW-14 a number of paths that costs too much or means nothing is refused")
  void bounds() {
    for (int paths : new int[] {0, 1, 6}) {
      assertThatThrownBy(() -> new Strategy.Agreement(paths))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("2 to 5");
    }
  }
}

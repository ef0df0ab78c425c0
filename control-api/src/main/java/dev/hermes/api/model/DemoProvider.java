package dev.hermes.api.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A scripted model that needs no weights: it runs the fenced Python and bash blocks of the last
 * user message, calls any other tool that a block names with the arguments in it, says what they
 * printed, and echoes everything else. Deterministic, and every answer begins with its name, so
 * that nobody takes it for a model. A prompt with {@code [[loop]]} makes it call its tool for ever,
 * which shows the limits at work.
 */
final class DemoProvider implements ModelProvider {
  static final String MODEL = "demo";
  private static final String LOOP = "[[loop]]";
  private static final Pattern BLOCK =
      Pattern.compile("```([A-Za-z0-9_-]{1,64})[ \\t]*\\R(.*?)\\R?```", Pattern.DOTALL);
  private static final Pattern PIECES = Pattern.compile("\\s*\\S+\\s*");
  private static final int WORDS_A_PIECE = 4;

  private final ObjectMapper json;

  DemoProvider(ObjectMapper json) {
    this.json = json;
  }

  @Override
  public String name() {
    return "hermes-demo";
  }

  @Override
  public ModelAnswer complete(ModelRequest request, Consumer<String> text)
      throws InterruptedException {
    Conversation conversation = Conversation.of(request.messages());
    List<ToolCall> calls = calls(request, conversation);
    if (!calls.isEmpty()) {
      long words = calls.stream().mapToLong(call -> words(call.arguments())).sum();
      return new ModelAnswer("", calls, "tool_calls", usage(request, words), name(), false);
    }
    String answer =
        conversation.toolOutputs().isEmpty()
            ? "demo: " + conversation.lastUserText()
            : "demo: the code printed:\n" + String.join("\n", conversation.toolOutputs());
    for (String piece : pieces(answer)) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      text.accept(piece);
    }
    return new ModelAnswer(answer, List.of(), "stop", usage(request, words(answer)), name(), false);
  }

  private List<ToolCall> calls(ModelRequest request, Conversation conversation) {
    boolean loop = conversation.lastUserText().contains(LOOP);
    boolean none = request.toolChoice().map(choice -> choice.asText().equals("none")).orElse(false);
    if (none || !loop && !conversation.toolOutputs().isEmpty()) {
      return List.of();
    }
    List<ToolCall> calls = new ArrayList<>();
    Matcher block = BLOCK.matcher(conversation.lastUserText());
    while (block.find()) {
      add(calls, request, conversation, block.group(1), block.group(2));
    }
    if (loop && calls.isEmpty()) {
      add(calls, request, conversation, "python", "print('again')");
    }
    return calls;
  }

  private void add(
      List<ToolCall> calls,
      ModelRequest request,
      Conversation conversation,
      String language,
      String code) {
    if (!request.offers(language)) {
      return;
    }
    int number = conversation.callsSoFar() + calls.size() + 1;
    calls.add(new ToolCall("call_demo_" + number, language, arguments(language, code)));
  }

  private String arguments(String tool, String block) {
    return switch (tool) {
      case "python" -> json.createObjectNode().put("code", block).toString();
      case "bash" -> json.createObjectNode().put("command", block).toString();
      default -> block;
    };
  }

  /** A few words at a time, spaces kept. */
  private static List<String> pieces(String answer) {
    List<String> pieces = new ArrayList<>();
    StringBuilder piece = new StringBuilder();
    Matcher word = PIECES.matcher(answer);
    int words = 0;
    int end = 0;
    while (word.find()) {
      piece.append(answer, end, word.end());
      end = word.end();
      if (++words % WORDS_A_PIECE == 0) {
        pieces.add(piece.toString());
        piece.setLength(0);
      }
    }
    piece.append(answer, end, answer.length());
    if (!piece.isEmpty()) {
      pieces.add(piece.toString());
    }
    return pieces;
  }

  private static TokenUsage usage(ModelRequest request, long completionWords) {
    long prompt =
        request.messages().stream().mapToLong(message -> words(Conversation.text(message))).sum();
    return new TokenUsage(prompt, completionWords, false);
  }

  private static long words(String text) {
    return PIECES.matcher(text).results().count();
  }

  /** The messages as the script sees them. */
  private record Conversation(String lastUserText, List<String> toolOutputs, int callsSoFar) {

    static Conversation of(List<ObjectNode> messages) {
      String lastUser = "";
      List<String> outputs = new ArrayList<>();
      int calls = 0;
      for (ObjectNode message : messages) {
        switch (message.path("role").asText()) {
          case "user" -> {
            lastUser = text(message);
            outputs.clear();
          }
          case "assistant" -> {
            calls += message.path("tool_calls").size();
            outputs.clear();
          }
          case "tool" -> outputs.add(text(message));
          default -> {
            // instructions do not change a script
          }
        }
      }
      return new Conversation(lastUser, List.copyOf(outputs), calls);
    }

    static String text(JsonNode message) {
      JsonNode content = message.path("content");
      if (!content.isArray()) {
        return content.asText("");
      }
      StringBuilder text = new StringBuilder();
      content.forEach(part -> text.append(part.path("text").asText("")));
      return text.toString();
    }
  }
}

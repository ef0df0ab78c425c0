package dev.hermes.api.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DemoProviderTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final List<String> pieces = new ArrayList<>();

  @Test
  void echoesInPiecesWithoutLosingABlank() throws Exception {
    String text = "  one  two\n three four five six seven eight nine ";
    ModelAnswer answer = ask(List.of("python"), message("user", text));
    assertThat(answer.text()).isEqualTo("demo: " + text);
    assertThat(String.join("", pieces)).isEqualTo(answer.text());
    assertThat(pieces).hasSizeGreaterThan(2);
    assertThat(answer.finishReason()).isEqualTo("stop");
    assertThat(answer.usage()).isEqualTo(new TokenUsage(9, 10, false));
  }

  @Test
  void codePassesByteForByte() throws Exception {
    String code = "print(\"\"\"a `b` \\n ü\"\"\")\n\n  x = 'y'";
    ModelAnswer answer =
        ask(List.of("python"), message("user", "run\n```python\n" + code + "\n```\nthanks"));
    ToolCall call = answer.toolCalls().getFirst();
    assertThat(call.id()).isEqualTo("call_demo_1");
    assertThat(call.name()).isEqualTo("python");
    assertThat(JSON.readTree(call.arguments()).path("code").asText()).isEqualTo(code);
    assertThat(answer.finishReason()).isEqualTo("tool_calls");
  }

  @Test
  void aToolThatIsNotOfferedIsNotCalled() throws Exception {
    ObjectNode block = message("user", "```bash\nls\n```");
    assertThat(ask(List.of("python"), block).toolCalls()).isEmpty();
    assertThat(ask(List.of("bash"), block).toolCalls()).hasSize(1);
    assertThat(ask(List.of("bash"), message("user", "```ruby\nx\n```")).toolCalls()).isEmpty();
  }

  @Test
  void aBlockThatNamesAnyOtherToolIsItsArguments() throws Exception {
    ObjectNode blocks =
        message("user", "```json\n{}\n```\n```notes_add\n{\"text\":\"a\"}\n```\n```bash\nls\n```");
    List<ToolCall> calls = ask(List.of("notes_add", "bash"), blocks).toolCalls();
    assertThat(calls).extracting(ToolCall::name).containsExactly("notes_add", "bash");
    assertThat(calls.getFirst().arguments()).isEqualTo("{\"text\":\"a\"}");
  }

  @Test
  void saysWhatTheCodePrintedAndCountsCalls() throws Exception {
    ObjectNode user = message("user", "```bash\nls\n```");
    ObjectNode call = message("assistant", "");
    call.putArray("tool_calls").addObject().put("id", "call_demo_1");
    ObjectNode result = message("tool", "files").put("tool_call_id", "call_demo_1");
    assertThat(ask(List.of("bash"), user, call, result).text())
        .isEqualTo("demo: the code printed:\nfiles");
    assertThat(ask(List.of("bash"), user, call, result, user).toolCalls().getFirst().id())
        .isEqualTo("call_demo_2");
  }

  private ModelAnswer ask(List<String> tools, ObjectNode... messages) throws Exception {
    pieces.clear();
    List<JsonNode> offered = new ArrayList<>();
    for (String tool : tools) {
      ObjectNode definition = JSON.createObjectNode();
      definition.putObject("function").put("name", tool);
      offered.add(definition);
    }
    return new DemoProvider(JSON)
        .complete(
            new ModelRequest(
                "demo",
                List.of(messages),
                offered,
                Optional.empty(),
                JSON.createObjectNode(),
                true),
            pieces::add);
  }

  private static ObjectNode message(String role, String content) {
    return JSON.createObjectNode().put("role", role).put("content", content);
  }
}

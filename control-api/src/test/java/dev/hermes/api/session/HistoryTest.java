package dev.hermes.api.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class HistoryTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void instructionsLeadAndAreNotKept() {
    History.Continued continued =
        history(say("user", "a"), say("assistant", "b"))
            .continueWith(List.of(say("user", "c"), say("system", "be kind")));
    assertThat(texts(shown(continued))).containsExactly("be kind", "a", "b", "c");
    assertThat(texts(continued.fresh())).containsExactly("c");
  }

  @Test
  void wholeConversationOfANewSessionIsKept() {
    List<ObjectNode> request =
        List.of(say("system", "s"), say("user", "a"), say("assistant", "b"), say("user", "c"));
    assertThat(texts(History.NONE.continueWith(request).fresh())).containsExactly("a", "b", "c");
    assertThat(texts(history(say("user", "x")).continueWith(request).fresh())).containsExactly("c");
  }

  @Test
  void unansweredCallsAndStrayResultsAreLeftOut() {
    History history =
        history(
            result("0", "cut off by the limit"),
            say("user", "a"),
            call("1"),
            result("1", "r1"),
            call("1"),
            say("user", "b"));
    assertThat(texts(shown(history.continueWith(List.of(say("user", "c"))))))
        .containsExactly("a", "", "r1", "b", "c");
  }

  @Test
  void callsAnsweredInPartAreLeftOutWhole() {
    ObjectNode two = call("1");
    two.withArray("tool_calls").addObject().put("id", "2");
    History history = history(say("user", "a"), two, result("1", "r1"), say("user", "b"));
    assertThat(texts(shown(history.continueWith(List.of(say("user", "c"))))))
        .containsExactly("a", "b", "c");
  }

  @Test
  @DisplayName("AGW-5 each kept message knows its place in the session, whatever is left out")
  void places() {
    History history =
        new History(
            List.of(call("1"), say("user", "a"), call("2"), result("2", "r"), say("user", "b")),
            12,
            Optional.empty());
    assertThat(history.continueWith(List.of(say("user", "c"))).kept())
        .extracting(History.Kept::place)
        .containsExactly(9, 10, 11, 12);
  }

  private static List<ObjectNode> shown(History.Continued continued) {
    List<ObjectNode> all = new ArrayList<>(continued.instructions());
    continued.kept().forEach(kept -> all.add(kept.message()));
    all.addAll(continued.asked());
    return all;
  }

  private static History history(ObjectNode... kept) {
    return new History(List.of(kept), kept.length, Optional.empty());
  }

  private static ObjectNode say(String role, String text) {
    return JSON.createObjectNode().put("role", role).put("content", text);
  }

  private static ObjectNode call(String id) {
    ObjectNode message = JSON.createObjectNode().put("role", "assistant");
    message.putArray("tool_calls").addObject().put("id", id);
    return message;
  }

  private static ObjectNode result(String id, String text) {
    return say("tool", text).put("tool_call_id", id);
  }

  private static List<String> texts(List<ObjectNode> messages) {
    List<String> texts = new ArrayList<>();
    messages.forEach(message -> texts.add(message.path("content").asText("")));
    return texts;
  }
}

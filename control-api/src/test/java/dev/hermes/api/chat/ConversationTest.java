package dev.hermes.api.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.session.History;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is left out when a conversation is longer than a model's window. */
class ConversationTest {
  private static final long ENOUGH = 1_000_000;

  private static ObjectNode say(String role, String text) {
    return JsonNodeFactory.instance.objectNode().put("role", role).put("content", text);
  }

  private static Conversation conversation() {
    return new Conversation(
        new History.Continued(
            List.of(say("system", "s")),
            List.of(
                say("user", "old"),
                say("assistant", "call"),
                say("tool", "x".repeat(3000)),
                say("assistant", "done"),
                say("user", "newer"),
                say("assistant", "yes")),
            List.of(say("user", "now")),
            List.of()));
  }

  private static List<String> texts(Conversation conversation) {
    return conversation.messages().stream()
        .map(it -> it.path("content").asText())
        .map(it -> it.length() > 100 ? "long" : it)
        .toList();
  }

  @Test
  @DisplayName("what fits is shown whole")
  void fits() {
    Conversation conversation = conversation();
    conversation.fit(ENOUGH);
    assertThat(texts(conversation))
        .containsExactly("s", "old", "call", "long", "done", "newer", "yes", "now");
    assertThat(conversation.leftOut()).isZero();
  }

  @Test
  @DisplayName("the oldest exchange goes first, with all that belongs to it")
  void oldest() {
    Conversation conversation = conversation();
    conversation.fit(900);
    assertThat(texts(conversation)).containsExactly("s", "newer", "yes", "now");
    assertThat(conversation.leftOut()).isEqualTo(4);
  }

  @Test
  @DisplayName("instructions and what the client has sent stay, however small the window is")
  void request() {
    Conversation conversation = conversation();
    conversation.fit(0);
    assertThat(texts(conversation)).containsExactly("s", "now");
  }

  @Test
  @DisplayName("then results of this turn's earlier calls are left out, and never the last ones")
  void results() {
    Conversation conversation = conversation();
    conversation.add(List.of(say("assistant", "c1"), say("tool", "y".repeat(3000))));
    conversation.add(List.of(say("assistant", "c2"), say("tool", "z".repeat(3000))));
    conversation.fit(1100);
    assertThat(texts(conversation))
        .containsExactly("s", "now", "c1", "[a result left out for want of room]", "c2", "long");
  }

  @Test
  @DisplayName("half of it goes each time the upstream says it is too long, until there is none")
  void halve() {
    Conversation conversation = conversation();
    assertThat(conversation.halve()).isTrue();
    assertThat(texts(conversation)).containsExactly("s", "newer", "yes", "now");
    assertThat(conversation.halve()).isTrue();
    assertThat(conversation.halve()).isFalse();
    assertThat(texts(conversation)).containsExactly("s", "now");
    assertThat(conversation.leftOut()).isEqualTo(6);
  }

  @Test
  @DisplayName("a picture counts as one, not as its bytes in base64")
  void pictures() {
    ObjectNode picture = say("user", "");
    picture
        .putArray("content")
        .addObject()
        .put("type", "image_url")
        .putObject("image_url")
        .put("url", "data:image/png;base64," + "A".repeat(1_000_000));
    assertThat(TokenEstimate.of(List.of(picture))).isLessThan(2_000);
    assertThat(TokenEstimate.of(List.of(say("user", "A".repeat(3_000))))).isGreaterThan(1_000);
  }
}

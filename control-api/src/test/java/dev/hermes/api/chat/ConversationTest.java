package dev.hermes.api.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.session.History;
import dev.hermes.api.session.SessionSummary;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is left out when a conversation is longer than a model's window. */
class ConversationTest {
  private static final long ENOUGH = 1_000_000;

  private static ObjectNode say(String role, String text) {
    return JsonNodeFactory.instance.objectNode().put("role", role).put("content", text);
  }

  private static Conversation conversation() {
    return conversation(1, Optional.empty());
  }

  /** A session whose first messages may not be loaded. */
  private static Conversation conversation(int first, Optional<SessionSummary> summary) {
    List<ObjectNode> kept =
        List.of(
            say("user", "old"),
            say("assistant", "call"),
            say("tool", "x".repeat(3000)),
            say("assistant", "done"),
            say("user", "newer"),
            say("assistant", "yes"));
    return new Conversation(
        new History.Continued(
            List.of(say("system", "s")),
            IntStream.range(0, kept.size())
                .mapToObj(i -> new History.Kept(first + i, kept.get(i)))
                .toList(),
            List.of(say("user", "now")),
            List.of()),
        summary);
  }

  private static Optional<SessionSummary> summary(int through) {
    return Optional.of(new SessionSummary("in short", through));
  }

  private static List<String> texts(Conversation conversation) {
    return conversation.messages().stream()
        .map(it -> it.path("content").asText())
        .map(it -> it.contains("in short") ? "summary" : it)
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
  @DisplayName("AGW-5 a summary takes the place of what it stands for, when not all fits")
  void recalled() {
    Conversation conversation = conversation(1, summary(4));
    conversation.recall(ENOUGH);
    assertThat(texts(conversation))
        .as("all fits")
        .containsExactly("s", "old", "call", "long", "done", "newer", "yes", "now");
    assertThat(conversation.summaryTold()).isEmpty();
    conversation.recall(900);
    assertThat(texts(conversation)).containsExactly("s", "summary", "newer", "yes", "now");
    assertThat(conversation.leftOut()).isEqualTo(4);
    assertThat(conversation.lacks(900)).isFalse();
    assertThat(conversation.summaryTold()).contains("used");
  }

  @Test
  @DisplayName("AGW-5 it is shown whatever fits where the session's beginning was not loaded")
  void beginningNotLoaded() {
    Conversation conversation = conversation(201, summary(150));
    conversation.recall(ENOUGH);
    assertThat(texts(conversation))
        .containsExactly("s", "summary", "old", "call", "long", "done", "newer", "yes", "now");
  }

  @Test
  @DisplayName("AGW-5 whole exchanges are summed up, down to what is wanted, if the rest has room")
  void toBeSummedUp() {
    Conversation conversation = conversation();
    assertThat(conversation.lacks(900)).isTrue();
    assertThat(conversation.oldest(600, 900, 100))
        .extracting(History.Kept::place)
        .containsExactly(1, 2, 3, 4);
    assertThat(conversation.oldest(10, 900, 100)).as("all that is kept").hasSize(6);
    assertThat(conversation.oldest(10, 20, 100)).as("no room even so").isEmpty();
    conversation.sumUp(summary(4));
    assertThat(texts(conversation)).containsExactly("s", "summary", "newer", "yes", "now");
    assertThat(conversation.summaryTold()).contains("made");
    assertThat(conversation.lacks(900)).isFalse();
  }

  @Test
  @DisplayName(
      "AGW-5 what went without a summary is in the next one: it does not claim what it has not read")
  void gone() {
    Conversation conversation = conversation();
    assertThat(conversation.halve()).isTrue();
    assertThat(conversation.lacks(ENOUGH)).isTrue();
    assertThat(conversation.oldest(ENOUGH, ENOUGH, 100))
        .extracting(History.Kept::place)
        .containsExactly(1, 2, 3, 4);
    conversation.sumUp(Optional.empty());
    assertThat(conversation.summaryTold()).contains("failed");
    assertThat(conversation.isSummedUp()).isTrue();
    assertThat(texts(conversation)).containsExactly("s", "newer", "yes", "now");
  }

  @Test
  @DisplayName("AGW-5 the summary goes last, and does not come back")
  void summaryGoes() {
    Conversation conversation = conversation(1, summary(4));
    conversation.recall(0);
    conversation.fit(30);
    assertThat(texts(conversation)).containsExactly("s", "now");
    conversation.recall(0);
    assertThat(texts(conversation)).containsExactly("s", "now");
    assertThat(conversation.summary()).as("a later one takes it over").isEqualTo(summary(4));

    Conversation halved = conversation(1, summary(4));
    halved.recall(0);
    assertThat(halved.halve()).isTrue();
    assertThat(texts(halved)).containsExactly("s", "summary", "now");
    assertThat(halved.halve()).isTrue();
    halved.recall(0);
    assertThat(texts(halved)).containsExactly("s", "now");
    assertThat(halved.halve()).isFalse();
  }

  @Test
  @DisplayName(
      "AGW-5 what the estimate thought to fit gives way to the summary before it is halved")
  void refused() {
    Conversation conversation = conversation(1, summary(4));
    conversation.recall(ENOUGH);
    assertThat(conversation.halve()).isTrue();
    assertThat(texts(conversation)).containsExactly("s", "summary", "newer", "yes", "now");
    assertThat(conversation.halve()).isTrue();
    assertThat(texts(conversation)).containsExactly("s", "summary", "now");
  }

  @Test
  @DisplayName("AGW-5 what is kept of no session is not summed up")
  void ofNoSession() {
    Conversation conversation =
        new Conversation(
            new History.Continued(
                List.of(),
                List.of(History.Kept.ofNoSession(say("user", "x".repeat(3000)))),
                List.of(say("user", "now")),
                List.of()));
    assertThat(conversation.oldest(900, 900, 100)).isEmpty();
    assertThat(conversation.halve()).isTrue();
    assertThat(conversation.lacks(ENOUGH)).isFalse();
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

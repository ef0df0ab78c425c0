package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.session.History;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What the model is shown of a conversation. Where it would not fit, the oldest exchanges that the
 * platform keeps are left out, and after them the results of this turn's earlier tool calls; what
 * the client has sent is never touched.
 */
final class Conversation {
  private final List<ObjectNode> instructions;
  private final Deque<List<ObjectNode>> kept;
  private final List<ObjectNode> asked;
  private final List<List<ObjectNode>> rounds = new ArrayList<>();
  private int leftOut;

  Conversation(History.Continued continued) {
    instructions = continued.instructions();
    kept = exchanges(continued.kept());
    asked = new ArrayList<>(continued.asked());
    if (!kept.isEmpty() && !asked.isEmpty() && isResult(asked.getFirst())) {
      asked.addAll(0, kept.removeLast());
    }
  }

  /** A round of this turn: the model's calls and their results. */
  void add(List<ObjectNode> round) {
    rounds.add(List.copyOf(round));
  }

  /** All that is shown. */
  List<ObjectNode> messages() {
    List<ObjectNode> all = new ArrayList<>(instructions);
    kept.forEach(all::addAll);
    all.addAll(asked);
    rounds.forEach(all::addAll);
    return all;
  }

  /** Leaves out what must be for the rest to have at most that many tokens, as we estimate them. */
  void fit(long tokens) {
    long size = TokenEstimate.of(messages());
    while (size > tokens && !kept.isEmpty()) {
      size -= TokenEstimate.of(dropOldest());
    }
    for (int i = 0; size > tokens && i < rounds.size() - 1; i++) {
      List<ObjectNode> brief = rounds.get(i).stream().map(Conversation::brief).toList();
      size -= TokenEstimate.of(rounds.get(i)) - TokenEstimate.of(brief);
      rounds.set(i, brief);
    }
  }

  /** Leaves out the older half of what is kept; false when there is nothing left of it. */
  boolean halve() {
    int drop = (kept.size() + 1) / 2;
    for (int i = 0; i < drop; i++) {
      dropOldest();
    }
    return drop > 0;
  }

  /** How many kept messages the model is not shown. */
  int leftOut() {
    return leftOut;
  }

  private List<ObjectNode> dropOldest() {
    List<ObjectNode> oldest = kept.removeFirst();
    leftOut += oldest.size();
    return oldest;
  }

  /**
   * A user's message and all that came of it stay together: a result without its call is refused.
   */
  private static Deque<List<ObjectNode>> exchanges(List<ObjectNode> kept) {
    Deque<List<ObjectNode>> exchanges = new ArrayDeque<>();
    for (ObjectNode message : kept) {
      if (exchanges.isEmpty() || message.path("role").asText().equals("user")) {
        exchanges.addLast(new ArrayList<>());
      }
      exchanges.getLast().add(message);
    }
    return exchanges;
  }

  /** What answers a call belongs to the message with the call. */
  private static boolean isResult(ObjectNode message) {
    return message.path("role").asText().equals("tool");
  }

  private static ObjectNode brief(ObjectNode message) {
    JsonNode content = message.path("content");
    return isResult(message) && content.asText().length() > 200
        ? message.deepCopy().put("content", "[a result left out for want of room]")
        : message;
  }
}

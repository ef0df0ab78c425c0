package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.session.History;
import dev.hermes.api.session.SessionSummary;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * What the model is shown of a conversation. Where it would not fit, the oldest exchanges that the
 * platform keeps are left out, and after them the results of this turn's earlier tool calls; what
 * the client has sent is never touched. A summary, where there is one, takes the place of what it
 * stands for.
 */
final class Conversation {
  private final List<ObjectNode> instructions;
  private final Deque<List<History.Kept>> kept;
  private final List<ObjectNode> asked;
  private final List<List<ObjectNode>> rounds = new ArrayList<>();
  private final boolean whole;
  private Optional<SessionSummary> summary;
  private List<ObjectNode> recalled = List.of();
  private boolean forgotten;
  private Optional<String> sought = Optional.empty();
  private int leftOut;

  /** What is left out and in no summary, of those that a session keeps. */
  private final List<History.Kept> gone = new ArrayList<>();

  Conversation(History.Continued continued) {
    this(continued, Optional.empty());
  }

  /**
   * @param summary of the oldest messages of the session; only what is kept has one
   */
  Conversation(History.Continued continued, Optional<SessionSummary> summary) {
    instructions = continued.instructions();
    kept = exchanges(continued.kept());
    asked = new ArrayList<>(continued.asked());
    whole = kept.isEmpty() || kept.getFirst().getFirst().place() <= 1;
    this.summary = summary.filter(_ -> !kept.isEmpty());
    if (!kept.isEmpty() && !asked.isEmpty() && isResult(asked.getFirst())) {
      asked.addAll(0, messages(kept.removeLast()));
    }
  }

  /** A round of this turn: the model's calls and their results. */
  void add(List<ObjectNode> round) {
    rounds.add(List.copyOf(round));
  }

  /** All that is shown. */
  List<ObjectNode> messages() {
    List<ObjectNode> all = new ArrayList<>(instructions);
    all.addAll(recalled);
    kept.forEach(exchange -> all.addAll(messages(exchange)));
    all.addAll(asked);
    rounds.forEach(all::addAll);
    return all;
  }

  /** Of all that is shown, as we estimate them. */
  long tokens() {
    return TokenEstimate.of(messages());
  }

  /** Shows the summary for what it stands for, unless the session is there whole and fits. */
  void recall(long tokens) {
    boolean all = whole && leftOut == 0;
    if (summary.isPresent() && !forgotten && recalled.isEmpty() && (!all || tokens() > tokens)) {
      show(summary.get());
    }
  }

  /** A summary was wanted: from now on it is this one, if there is one, and one is enough. */
  void sumUp(Optional<SessionSummary> latest) {
    sought = Optional.of(latest.isPresent() ? "made" : "failed");
    latest.ifPresent(this::show);
  }

  /** What it stands for is left out. */
  private void show(SessionSummary latest) {
    summary = Optional.of(latest);
    recalled = List.of(SummaryPrompt.shown(latest));
    while (!kept.isEmpty() && kept.getFirst().getLast().place() <= latest.through()) {
      dropOldest();
    }
    gone.removeIf(each -> each.place() <= latest.through());
  }

  /** The latest, whether or not it is shown. */
  Optional<SessionSummary> summary() {
    return summary;
  }

  /** Whether this turn has asked for one. */
  boolean isSummedUp() {
    return sought.isPresent();
  }

  /** What the client is told of it: made, failed, or used, where an earlier one is shown. */
  Optional<String> summaryTold() {
    return sought.or(() -> recalled.isEmpty() ? Optional.empty() : Optional.of("used"));
  }

  /** Whether something is left out that no summary stands for, or has to be. */
  boolean lacks(long tokens) {
    return !gone.isEmpty() || tokens() > tokens;
  }

  /**
   * The oldest messages that are to be summed up for the rest and the summary to have at most
   * {@code wanted} tokens. None where even without all that is kept they would have more than
   * {@code most}, or where what is kept is of no session.
   *
   * @param summaryTokens of a new summary
   */
  List<History.Kept> oldest(long wanted, long most, long summaryTokens) {
    long size = tokens() - TokenEstimate.of(recalled) + summaryTokens;
    List<History.Kept> oldest = new ArrayList<>(gone);
    for (List<History.Kept> exchange : kept) {
      if (size <= wanted || exchange.getLast().place() == 0) {
        break;
      }
      size -= TokenEstimate.of(messages(exchange));
      oldest.addAll(exchange);
    }
    return size <= most ? oldest : List.of();
  }

  /** Leaves out what must be for the rest to have at most that many tokens, as we estimate them. */
  void fit(long tokens) {
    long size = tokens();
    while (size > tokens && !kept.isEmpty()) {
      size -= TokenEstimate.of(dropOldest());
    }
    if (size > tokens) {
      size -= TokenEstimate.of(recalled);
      forget();
    }
    for (int i = 0; size > tokens && i < rounds.size() - 1; i++) {
      List<ObjectNode> brief = rounds.get(i).stream().map(Conversation::brief).toList();
      size -= TokenEstimate.of(rounds.get(i)) - TokenEstimate.of(brief);
      rounds.set(i, brief);
    }
  }

  /**
   * Leaves out what the summary stands for, where it was not shown; else the older half of what is
   * kept, and the summary last. False when there is nothing left of it.
   */
  boolean halve() {
    if (summary.isPresent() && recalled.isEmpty() && !forgotten) {
      show(summary.get());
      return true;
    }
    if (kept.isEmpty() && !recalled.isEmpty()) {
      forget();
      return true;
    }
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
    List<History.Kept> oldest = kept.removeFirst();
    leftOut += oldest.size();
    if (oldest.getFirst().place() > 0) {
      gone.addAll(oldest);
    }
    return messages(oldest);
  }

  /** For this turn there is no room for it. */
  private void forget() {
    forgotten = true;
    recalled = List.of();
  }

  /**
   * A user's message and all that came of it stay together: a result without its call is refused.
   */
  private static Deque<List<History.Kept>> exchanges(List<History.Kept> kept) {
    Deque<List<History.Kept>> exchanges = new ArrayDeque<>();
    for (History.Kept each : kept) {
      if (exchanges.isEmpty() || each.message().path("role").asText().equals("user")) {
        exchanges.addLast(new ArrayList<>());
      }
      exchanges.getLast().add(each);
    }
    return exchanges;
  }

  private static List<ObjectNode> messages(List<History.Kept> exchange) {
    return exchange.stream().map(History.Kept::message).toList();
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

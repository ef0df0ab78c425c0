package dev.hermes.api.session;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is kept of a conversation, and how a request continues it.
 *
 * @param kept the newest messages
 * @param count how many there are in all
 * @param summary of the oldest, where one was made
 */
public record History(List<ObjectNode> kept, int count, Optional<SessionSummary> summary) {
  public static final History NONE = new History(List.of(), 0, Optional.empty());

  public History {
    kept = List.copyOf(kept);
  }

  /**
   * A kept message.
   *
   * @param place in its session, from 1; 0: of no session
   */
  public record Kept(int place, ObjectNode message) {
    public static Kept ofNoSession(ObjectNode message) {
      return new Kept(0, message);
    }
  }

  /**
   * The messages the model gets, in this order, and those of them that are new and to be kept.
   *
   * @param kept what is put in front of the request's own
   * @param fresh without instructions, which belong to the request
   */
  public record Continued(
      List<ObjectNode> instructions,
      List<Kept> kept,
      List<ObjectNode> asked,
      List<ObjectNode> fresh) {
    /** The same with one more instruction behind those it begins with. */
    public Continued instructed(ObjectNode instruction) {
      List<ObjectNode> more = new ArrayList<>(instructions);
      more.add(instruction);
      return new Continued(more, kept, asked, fresh);
    }
  }

  /**
   * A request with assistant or tool messages has the whole conversation in it, and only what
   * follows its last assistant message is new. Any other is put behind what is kept; instructions
   * come first.
   */
  public Continued continueWith(List<ObjectNode> request) {
    int lastAssistant = -1;
    boolean whole = false;
    for (int i = 0; i < request.size(); i++) {
      String role = role(request.get(i));
      whole |= role.equals("assistant") || role.equals("tool");
      lastAssistant = role.equals("assistant") ? i : lastAssistant;
    }
    if (whole) {
      List<ObjectNode> fresh =
          count == 0 ? request : request.subList(lastAssistant + 1, request.size());
      int talk = leadingInstructions(request);
      return new Continued(
          List.copyOf(request.subList(0, talk)),
          List.of(),
          List.copyOf(request.subList(talk, request.size())),
          talk(fresh));
    }
    List<ObjectNode> instructions = request.stream().filter(History::isInstruction).toList();
    List<ObjectNode> talk = talk(request);
    return new Continued(instructions, closed(), talk, talk);
  }

  /** What is kept, without calls that never got a result: a provider refuses those. */
  private List<Kept> closed() {
    List<Kept> closed = new ArrayList<>();
    int before = count - kept.size();
    int end;
    for (int i = 0; i < kept.size(); i = end) {
      ObjectNode message = kept.get(i);
      Set<String> open = new HashSet<>();
      message.path("tool_calls").forEach(call -> open.add(call.path("id").asText()));
      boolean calls = !open.isEmpty();
      end = i + 1;
      while (end < kept.size() && role(kept.get(end)).equals("tool")) {
        open.remove(kept.get(end++).path("tool_call_id").asText());
      }
      if (calls && open.isEmpty()) {
        for (int each = i; each < end; each++) {
          closed.add(new Kept(before + each + 1, kept.get(each)));
        }
      } else if (!calls && !role(message).equals("tool")) {
        closed.add(new Kept(before + i + 1, message));
      }
    }
    return closed;
  }

  private static int leadingInstructions(List<ObjectNode> messages) {
    int leading = 0;
    while (leading < messages.size() && isInstruction(messages.get(leading))) {
      leading++;
    }
    return leading;
  }

  private static List<ObjectNode> talk(List<ObjectNode> messages) {
    return messages.stream().filter(message -> !isInstruction(message)).toList();
  }

  private static boolean isInstruction(ObjectNode message) {
    return role(message).equals("system") || role(message).equals("developer");
  }

  private static String role(ObjectNode message) {
    return message.path("role").asText();
  }
}

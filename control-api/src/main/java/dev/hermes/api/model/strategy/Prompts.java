package dev.hermes.api.model.strategy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What strategies say to a model beside the conversation. */
final class Prompts {
  /** Of one plan or answer that is shown to the model again, in characters. */
  private static final int MOST = 8_000;

  private static final Pattern NUMBER = Pattern.compile("\\d{1,3}");

  private Prompts() {}

  static ObjectNode sketch(int path, int paths) {
    return message(
        "user",
        """
        Do not answer yet. Outline one approach to what was asked last, in a few sentences: the \
        decisive step, and what could go wrong. This is approach %d of %d; they are made side by \
        side, so take one that the others are unlikely to take.\
        """
            .formatted(path, paths));
  }

  static ObjectNode bestOf(String kind, List<String> texts) {
    StringBuilder list = new StringBuilder();
    for (int i = 0; i < texts.size(); i++) {
      list.append("\n\n").append(i + 1).append(":\n").append(cut(texts.get(i)));
    }
    return message(
        "user",
        "Do not answer yet. There are "
            + texts.size()
            + " candidates for the "
            + kind
            + ". Which one is the most consistent and most likely to be right? Reply with its number"
            + " alone."
            + list);
  }

  /** The index a vote names; one that names none is for the first. */
  static int chosen(String vote, int of) {
    Matcher numbers = NUMBER.matcher(vote);
    while (numbers.find()) {
      int number = Integer.parseInt(numbers.group());
      if (number >= 1 && number <= of) {
        return number - 1;
      }
    }
    return 0;
  }

  static ObjectNode plan(String plan) {
    return message(
        "system",
        "You have thought about this before and chose the plan below. Follow it as far as it serves"
            + " what was asked, and do not speak of it.\n\n"
            + cut(plan));
  }

  /** The messages with one more behind the instructions they begin with. */
  static List<ObjectNode> afterInstructions(List<ObjectNode> messages, ObjectNode instruction) {
    int first = 0;
    while (first < messages.size() && isInstruction(messages.get(first))) {
      first++;
    }
    List<ObjectNode> all = new ArrayList<>(messages);
    all.add(first, instruction);
    return all;
  }

  private static boolean isInstruction(ObjectNode message) {
    String role = message.path("role").asText();
    return role.equals("system") || role.equals("developer");
  }

  private static ObjectNode message(String role, String text) {
    return JsonNodeFactory.instance.objectNode().put("role", role).put("content", text);
  }

  private static String cut(String text) {
    return text.length() <= MOST ? text : text.substring(0, MOST) + " …";
  }
}

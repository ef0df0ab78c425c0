package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.tool.PlatformTool;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** What the tool {@code skill} has returned, found in a turn's rounds by the calls it answers. */
final class SkillTexts {
  private SkillTexts() {}

  /** All of it. */
  static List<String> of(List<List<ObjectNode>> rounds) {
    List<String> texts = new ArrayList<>();
    each(
        rounds,
        result -> {
          texts.add(result.path("content").asText());
          return result;
        });
    return texts;
  }

  /**
   * The same messages without the instructions of skills: they bind the turn that called for them,
   * and no later one shall find them where nothing binds it.
   */
  static List<ObjectNode> leftOut(List<ObjectNode> said) {
    return each(
            Progress.rounds(said),
            result -> {
              List<String> lines = result.path("content").asText().lines().toList();
              return lines.size() < 2
                  ? result
                  : result
                      .deepCopy()
                      .put(
                          "content",
                          lines.getFirst()
                              + "\n[its instructions were for that turn: call for them again]");
            })
        .stream()
        .flatMap(List::stream)
        .toList();
  }

  private static List<List<ObjectNode>> each(
      List<List<ObjectNode>> rounds, UnaryOperator<ObjectNode> change) {
    List<List<ObjectNode>> changed = new ArrayList<>();
    for (List<ObjectNode> round : rounds) {
      List<ObjectNode> messages = new ArrayList<>(round);
      // results come in the order of the calls
      for (int i = 1; i < round.size(); i++) {
        String called =
            round.getFirst().path("tool_calls").path(i - 1).at("/function/name").asText();
        if (called.equals(PlatformTool.SKILL.wire())) {
          messages.set(i, change.apply(round.get(i)));
        }
      }
      changed.add(messages);
    }
    return changed;
  }
}

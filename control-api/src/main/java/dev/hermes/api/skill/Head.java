package dev.hermes.api.skill;

import dev.hermes.api.skill.FrontMatter.Value;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.nodes.Tag;

/** A document's head by its members; what is of the wrong kind is a 400 that names it. */
record Head(Map<String, Value> members) {

  /** Those that the open format has place for, for whoever reads a document has some of its own. */
  Head metadata() {
    return switch (members.get("metadata")) {
      case null -> new Head(Map.of());
      case Value.Members own -> new Head(Map.copyOf(own.values()));
      default -> throw FrontMatter.wrong("has a metadata that is no list of names with texts");
    };
  }

  void checkNames(Set<String> known) {
    for (String name : members.keySet()) {
      if (!known.contains(name)) {
        throw FrontMatter.wrong(
            "has "
                + FrontMatter.shown(name)
                + ", which means nothing here; what is your own belongs below metadata");
      }
    }
  }

  boolean has(String name) {
    return members.containsKey(name);
  }

  String required(String name) {
    return text(name)
        .orElseThrow(() -> FrontMatter.wrong("has no " + name + ": every skill needs one"));
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(members.get(name)).map(value -> string(name, value));
  }

  /** Names with spaces or commas between them, or a list. */
  Optional<Set<String>> names(String name) {
    return Optional.ofNullable(members.get(name))
        .map(value -> new LinkedHashSet<>(split(name, value)));
  }

  /** A whole number without a sign; quotes do not matter. */
  Optional<Integer> number(String name) {
    return Optional.ofNullable(members.get(name))
        .map(value -> {
          if (value instanceof Value.Text text && text.value().matches("[0-9]{1,9}")) {
            return Integer.valueOf(text.value());
          }
          throw FrontMatter.wrong("has a " + name + " that is no whole number");
        });
  }

  private static List<String> split(String name, Value value) {
    return switch (value) {
      case Value.Texts list -> list.values().stream().map(it -> string(name, it)).toList();
      case Value.Text text when text.value().isBlank() -> List.of();
      case Value.Text text -> List.of(string(name, text).strip().split("[\\s,]+"));
      case Value.Members wrong ->
          throw FrontMatter.wrong("has in " + name + " no list of names of tools");
    };
  }

  private static String string(String name, Value value) {
    if (value instanceof Value.Text text && text.type().equals(Tag.STR)) {
      return text.value();
    }
    throw FrontMatter.wrong("has a " + name + " that is no text: if it is one, put it in quotes");
  }
}

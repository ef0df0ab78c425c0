package dev.hermes.api.skill;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * The head of a document: names with a text, a list of texts, or names with texts. It is read as
 * YAML's events, so nothing is ever constructed, and an alias or a tag is refused where it stands.
 */
final class FrontMatter {
  private static final int MOST_ENTRIES = 100;

  private final Resolver resolver = new Resolver();
  private final Iterator<Event> events;

  private FrontMatter(Iterator<Event> events) {
    this.events = events;
  }

  /** What stands behind a name. */
  sealed interface Value {
    /**
     * @param type as YAML reads it when it stands there without quotes
     */
    record Text(String value, Tag type) implements Value {}

    record Texts(List<Text> values) implements Value {}

    record Members(Map<String, Text> values) implements Value {}
  }

  /** 400 when it is no such head. */
  static Map<String, Value> parse(String yaml) {
    try {
      LoaderOptions options = new LoaderOptions();
      options.setProcessComments(false);
      return new FrontMatter(new Yaml(options).parse(new StringReader(yaml)).iterator()).document();
    } catch (MarkedYAMLException e) {
      throw wrong(
          "is no YAML"
              + (e.getProblemMark() == null
                  ? ""
                  // the line of the document, which begins with the fence
                  : " in line " + (e.getProblemMark().getLine() + 2))
              + ": "
              + e.getProblem());
    } catch (YAMLException e) {
      throw wrong("has a character that YAML does not take");
    }
  }

  static ApiException wrong(String what) {
    return new ApiException(
        Failure.invalid("document", "The document's front matter " + what + "."));
  }

  private Map<String, Value> document() {
    next(Event.ID.StreamStart);
    next(Event.ID.DocumentStart);
    next(Event.ID.MappingStart);
    Map<String, Value> members = new LinkedHashMap<>();
    for (Event at = next(); !at.is(Event.ID.MappingEnd); at = next()) {
      put(members, key(at), value(next()));
    }
    next(Event.ID.DocumentEnd);
    next(Event.ID.StreamEnd);
    return members;
  }

  private Value value(Event at) {
    return switch (at) {
      case ScalarEvent scalar -> text(scalar);
      case SequenceStartEvent list -> list();
      case MappingStartEvent members -> members();
      default -> throw wrong("ends too early");
    };
  }

  private Value.Texts list() {
    List<Value.Text> values = new ArrayList<>();
    for (Event at = next(); !at.is(Event.ID.SequenceEnd); at = next()) {
      values.add(text(at));
      bounded(values.size());
    }
    return new Value.Texts(values);
  }

  private Value.Members members() {
    Map<String, Value.Text> members = new LinkedHashMap<>();
    for (Event at = next(); !at.is(Event.ID.MappingEnd); at = next()) {
      put(members, key(at), text(next()));
    }
    return new Value.Members(members);
  }

  private static <V> void put(Map<String, V> members, String name, V value) {
    if (members.put(name, value) != null) {
      throw wrong("has " + shown(name) + " twice");
    }
    bounded(members.size());
  }

  private static void bounded(int entries) {
    if (entries > MOST_ENTRIES) {
      throw wrong("has more than " + MOST_ENTRIES + " entries in one place");
    }
  }

  private String key(Event at) {
    return text(at).value();
  }

  private Value.Text text(Event at) {
    if (at instanceof ScalarEvent scalar) {
      return new Value.Text(
          scalar.getValue(),
          scalar.isPlain() ? resolver.resolve(NodeId.scalar, scalar.getValue(), true) : Tag.STR);
    }
    throw wrong("is nested deeper than names, and lists or names with texts below them");
  }

  private Event next() {
    Event event = events.next();
    if (event instanceof AliasEvent
        || event instanceof NodeEvent node && node.getAnchor() != null) {
      throw wrong("has an anchor or an alias (& or *): write the text out, or put it in quotes");
    }
    if (event instanceof ScalarEvent scalar && scalar.getTag() != null
        || event instanceof CollectionStartEvent all && all.getTag() != null) {
      throw wrong("has a tag (!): leave it out, or put the text in quotes");
    }
    return event;
  }

  private void next(Event.ID expected) {
    if (!next().is(expected)) {
      throw wrong("is one list of names with values, such as name: and description:");
    }
  }

  /** A name of a member in a message. */
  static String shown(String name) {
    return name.length() <= 64 ? "'" + name + "'" : "'" + name.substring(0, 64) + "…'";
  }
}

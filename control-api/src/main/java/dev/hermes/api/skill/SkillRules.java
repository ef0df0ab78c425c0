package dev.hermes.api.skill;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a skill binds a turn to that uses it. The tools ask it; as a line of JSON it stands before
 * the skill's text, so that a turn that goes on elsewhere knows it too.
 *
 * @param sandboxRequired whether nothing of the platform but tools of a sandbox may run
 * @param allowedTools all tools that may run; empty: the skill does not say
 * @param sandboxTools those of them that run in a sandbox; empty: the skill does not say
 * @param timeout the longest that a run in a sandbox may take
 */
public record SkillRules(
    SkillName name,
    boolean sandboxRequired,
    Optional<Set<String>> allowedTools,
    Optional<Set<String>> sandboxTools,
    Optional<Duration> timeout) {
  private static final ObjectMapper JSON = new ObjectMapper();

  public SkillRules {
    allowedTools = allowedTools.map(Set::copyOf);
    sandboxTools = sandboxTools.map(Set::copyOf);
  }

  /** Whether the platform may run a tool while the skill is in use. */
  public boolean allows(String tool, boolean inSandbox) {
    return (inSandbox || !sandboxRequired)
        && allowedTools.map(it -> it.contains(tool)).orElse(true)
        && (!inSandbox || inSandbox(tool));
  }

  /** A skill's list knows the platform's own; a server that runs in a sandbox is beside them. */
  private boolean inSandbox(String tool) {
    return PlatformMembers.isOfServer(tool)
        || sandboxTools.map(it -> it.contains(tool)).orElse(true);
  }

  /** One line, without its end. */
  public String line() {
    ObjectNode line = JsonNodeFactory.instance.objectNode().put("skill", name.value());
    line.put("sandbox", sandboxRequired ? "required" : "optional");
    allowedTools.ifPresent(it -> new TreeSet<>(it).forEach(line.putArray("allowed_tools")::add));
    sandboxTools.ifPresent(it -> new TreeSet<>(it).forEach(line.putArray("sandbox_tools")::add));
    timeout.ifPresent(it -> line.put("timeout", it.toSeconds()));
    return line.toString();
  }

  /** Reads what {@link #line} has written, at the beginning of a text. */
  public static SkillRules before(String text) {
    try {
      JsonNode line = JSON.readTree(text.lines().findFirst().orElse(""));
      return new SkillRules(
          SkillName.parse(line.path("skill").asText()),
          line.path("sandbox").asText().equals("required"),
          names(line.path("allowed_tools")),
          names(line.path("sandbox_tools")),
          Optional.of(line.path("timeout"))
              .filter(JsonNode::isNumber)
              .map(it -> Duration.ofSeconds(it.asLong())));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the record of a skill in use is unreadable", e);
    }
  }

  private static Optional<Set<String>> names(JsonNode list) {
    if (!list.isArray()) {
      return Optional.empty();
    }
    Set<String> names = new TreeSet<>();
    list.forEach(it -> names.add(it.asText()));
    return Optional.of(names);
  }
}

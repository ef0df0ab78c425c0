package dev.hermes.api.skill;

import dev.hermes.crds.Tool;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a head tells this platform. Beside {@code allowed-tools} the open format knows none of it,
 * so each may also stand below {@code metadata}, where that format lets it be.
 */
final class PlatformMembers {
  static final String ALLOWED_TOOLS = "allowed-tools";
  static final String SANDBOX = "sandbox";
  static final String SANDBOX_TOOLS = "sandbox_tools";
  static final String TIMEOUT = "timeout";
  static final Set<String> NAMES = Set.of(SANDBOX, SANDBOX_TOOLS, TIMEOUT);

  static final Set<String> IN_SANDBOX =
      Arrays.stream(Tool.values()).map(Tool::wire).collect(Collectors.toUnmodifiableSet());

  /** All that a model may be offered here. */
  static final Set<String> TOOLS =
      Stream.concat(IN_SANDBOX.stream(), Stream.of("memory", "skill"))
          .collect(Collectors.toUnmodifiableSet());

  /** How a tool of one of the tenant's MCP servers is called: the server, then the tool. */
  private static final Pattern OF_SERVER = Pattern.compile("[a-z0-9][a-z0-9-]*_[A-Za-z0-9_-]+");

  private static final int MOST_NAME = 64;
  private static final int MOST_SECONDS = 3600;

  private PlatformMembers() {}

  static SkillRules rules(SkillName name, Head head) {
    boolean required = required(head);
    Optional<Set<String>> allowed = head.names(ALLOWED_TOOLS);
    Optional<Set<String>> inSandbox = one(head, SANDBOX_TOOLS, Head::names);
    allowed.ifPresent(it ->
        check(
            ALLOWED_TOOLS,
            it,
            tool -> TOOLS.contains(tool) || isOfServer(tool),
            inOrder(TOOLS) + ", and tools of MCP servers as server_tool"));
    inSandbox.ifPresent(it -> check(SANDBOX_TOOLS, it, IN_SANDBOX::contains, inOrder(IN_SANDBOX)));
    SkillRules rules =
        new SkillRules(
            name,
            required,
            allowed,
            inSandbox,
            one(head, TIMEOUT, Head::number).map(PlatformMembers::seconds));
    if (required
        && IN_SANDBOX.stream().noneMatch(tool -> rules.allows(tool, true))
        && allowed.stream().flatMap(Set::stream).noneMatch(PlatformMembers::isOfServer)) {
      throw FrontMatter.wrong(
          "requires a sandbox and allows none of its tools: " + inOrder(IN_SANDBOX));
    }
    return rules;
  }

  private static boolean required(Head head) {
    return switch (one(head, SANDBOX, Head::text).orElse("optional")) {
      case "required" -> true;
      case "optional" -> false;
      default -> throw FrontMatter.wrong("has a sandbox that is neither required nor optional");
    };
  }

  private static Duration seconds(int seconds) {
    if (seconds < 1 || seconds > MOST_SECONDS) {
      throw FrontMatter.wrong("has a timeout that is not 1 to " + MOST_SECONDS + " seconds");
    }
    return Duration.ofSeconds(seconds);
  }

  /** What is said in both places could contradict itself. */
  private static <T> Optional<T> one(
      Head head, String name, BiFunction<Head, String, Optional<T>> read) {
    Head metadata = head.metadata();
    if (head.has(name) && metadata.has(name)) {
      throw FrontMatter.wrong("has '" + name + "' twice, once below metadata");
    }
    return read.apply(head.has(name) ? head : metadata, name);
  }

  /** Which of them there are is known to a turn alone: a server may be named later. */
  static boolean isOfServer(String name) {
    return name.length() <= MOST_NAME && OF_SERVER.matcher(name).matches();
  }

  private static void check(String member, Set<String> names, Predicate<String> known, String all) {
    for (String name : names) {
      if (!known.test(name)) {
        throw FrontMatter.wrong(
            "has in " + member + " " + FrontMatter.shown(name) + ", and can have there: " + all);
      }
    }
  }

  private static String inOrder(Set<String> names) {
    return names.stream().sorted().collect(Collectors.joining(", "));
  }
}

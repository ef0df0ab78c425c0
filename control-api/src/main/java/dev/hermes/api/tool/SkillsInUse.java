package dev.hermes.api.tool;

import dev.hermes.api.skill.SkillRules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The skills that a turn uses. What one of them forbids is forbidden: a second skill never lets a
 * model out of the first.
 */
final class SkillsInUse {
  private final List<SkillRules> inUse = new ArrayList<>();

  void add(SkillRules rules) {
    inUse.add(rules);
  }

  boolean isAny() {
    return !inUse.isEmpty();
  }

  boolean allow(ServerTool tool) {
    return against(tool).isEmpty();
  }

  /** The first that does not allow the tool; to call for a skill is always allowed. */
  Optional<SkillRules> against(ServerTool tool) {
    return tool == PlatformTool.SKILL
        ? Optional.empty()
        : inUse.stream().filter(it -> !it.allows(tool.wire(), tool.runsInSandbox())).findFirst();
  }

  /** How long a run in a sandbox may take that else may take so long. */
  Duration within(Duration longest) {
    return inUse.stream()
        .flatMap(it -> it.timeout().stream())
        .reduce(longest, (a, b) -> a.compareTo(b) <= 0 ? a : b);
  }
}

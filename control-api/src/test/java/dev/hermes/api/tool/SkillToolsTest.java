package dev.hermes.api.tool;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hermes.api.skill.SkillName;
import dev.hermes.api.skill.SkillRules;
import dev.hermes.api.toolserver.ListedTool;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Skills in use against tools. */
class SkillToolsTest {
  private static SkillRules rules(String name, boolean required, String... tools) {
    return new SkillRules(
        new SkillName(name),
        required,
        tools.length == 0 ? Optional.empty() : Optional.of(Set.of(tools)),
        Optional.empty(),
        Optional.of(Duration.ofSeconds(tools.length + 1)));
  }

  private static ServerTool tool(String name) {
    return ToolWish.platform().filter(it -> it.wire().equals(name)).findFirst().orElseThrow();
  }

  @Test
  @DisplayName("SBX-11 a second skill never lets a model out of the first, and skill itself runs")
  void together() {
    SkillsInUse inUse = new SkillsInUse();
    assertThat(inUse.allow(tool("memory"))).as("control: none in use").isTrue();
    assertThat(inUse.within(Duration.ofSeconds(9))).isEqualTo(Duration.ofSeconds(9));
    inUse.add(rules("first", true));
    inUse.add(rules("second", false, "memory", "python"));
    assertThat(inUse.allow(tool("memory"))).isFalse();
    assertThat(inUse.allow(tool("bash"))).isFalse();
    assertThat(inUse.allow(tool("python"))).isTrue();
    assertThat(inUse.allow(tool("skill"))).isTrue();
    assertThat(inUse.against(tool("memory"))).map(it -> it.name().value()).contains("first");
    assertThat(inUse.within(Duration.ofSeconds(9))).isEqualTo(Duration.ofSeconds(1));
  }

  private static ServerTool remote(boolean inSandbox) {
    return new RemoteTool(
        new ListedTool(
            "words", inSandbox, "say", "words_say", "", JsonNodeFactory.instance.objectNode()));
  }

  @Test
  @DisplayName("SBX-11 a skill that requires a sandbox lets a server in one run, and none outside")
  void servers() {
    SkillsInUse inUse = new SkillsInUse();
    assertThat(inUse.allow(remote(false))).as("control: none in use").isTrue();
    inUse.add(rules("first", true));
    assertThat(inUse.allow(remote(true))).isTrue();
    assertThat(inUse.allow(remote(false))).isFalse();
  }
}

package dev.hermes.api.skill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.tool.PlatformTool;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ToolNamesTest {
  @Test
  @DisplayName("SBX-11 a skill can name every tool there is, and no other")
  void all() {
    assertThat(PlatformMembers.TOOLS)
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(
                    PlatformMembers.IN_SANDBOX.stream(),
                    Arrays.stream(PlatformTool.values()).map(PlatformTool::wire))
                .toList());
  }
}

package dev.hermes.api.tool;

import dev.hermes.crds.Tool;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;

/** A tool that runs in a sandbox, where tenant and policy allow it. */
record SandboxTool(Tool tool) implements ServerTool {

  /** Those of them, in the order in which models are told. */
  static Stream<ServerTool> of(Set<Tool> tools) {
    return Arrays.stream(Tool.values()).filter(tools::contains).map(SandboxTool::new);
  }

  @Override
  public String wire() {
    return tool.wire();
  }

  @Override
  public boolean runsInSandbox() {
    return true;
  }
}

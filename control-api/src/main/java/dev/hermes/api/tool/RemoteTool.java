package dev.hermes.api.tool;

import dev.hermes.api.toolserver.ListedTool;

/** A tool of an MCP server that the caller's tenant names. */
record RemoteTool(ListedTool listed) implements ServerTool {

  @Override
  public String wire() {
    return listed.wire();
  }

  @Override
  public boolean runsInSandbox() {
    return listed.inSandbox();
  }
}

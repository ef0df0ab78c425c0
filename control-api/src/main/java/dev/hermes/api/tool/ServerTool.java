package dev.hermes.api.tool;

/**
 * A tool that the platform runs when a model calls it. {@link ToolRunner} has a way for each kind;
 * what they share are offer, receipt, audit and the limit of calls.
 */
public sealed interface ServerTool permits SandboxTool, PlatformTool, RemoteTool {
  /** Its name, as a model calls it. */
  String wire();

  /** Whether a call of it needs a sandbox, and is under its policy. */
  boolean runsInSandbox();
}

package dev.hermes.api.tool;

/** What a tool call came to; each kind has a text for the model, and a receipt. */
public sealed interface ToolOutcome {
  String text();

  /** It ran, well or not, or the model is told why it may not. */
  record Answered(String text) implements ToolOutcome {}

  /** No sandbox is free for this tenant. */
  record Full(String text) implements ToolOutcome {}

  /** The tenant's policy or the cluster has no sandbox now. */
  record Unavailable(String text) implements ToolOutcome {}
}

package dev.hermes.api.tool;

/** What a tool call came to; each kind has a text for the model, and a receipt. */
public sealed interface ToolOutcome {
  String text();

  /** Whether it did not do what was asked; the text says why. */
  boolean failed();

  /** It ran, well or not, or the model is told why it may not. */
  record Answered(String text, boolean failed) implements ToolOutcome {}

  /** No sandbox is free for this tenant. */
  record Full(String text) implements ToolOutcome {
    @Override
    public boolean failed() {
      return true;
    }
  }

  /** The tenant's policy or the cluster has no sandbox now. */
  record Unavailable(String text) implements ToolOutcome {
    @Override
    public boolean failed() {
      return true;
    }
  }
}

package dev.hermes.api.tool;

import java.util.Locale;

/** A tool that runs in this process and needs no sandbox, so no policy is asked for it. */
public enum PlatformTool implements ServerTool {
  /** What is kept for the caller. */
  MEMORY,
  /** The instructions that are installed for the caller; offered where there are any. */
  SKILL;

  @Override
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public boolean runsInSandbox() {
    return false;
  }
}

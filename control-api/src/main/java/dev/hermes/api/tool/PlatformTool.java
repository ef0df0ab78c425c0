package dev.hermes.api.tool;

import java.util.Locale;

/** A tool that runs in this process and needs no sandbox, so no policy is asked for it. */
public enum PlatformTool implements ServerTool {
  /** What is kept for the caller. */
  MEMORY;

  @Override
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}

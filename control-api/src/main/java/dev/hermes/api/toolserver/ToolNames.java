package dev.hermes.api.toolserver;

import dev.hermes.api.body.Sha256;

/**
 * Names of tools as models are told them: {@code <server>_<tool>} of A-Z a-z 0-9 _ -, at most 64
 * characters, which is what OpenAI's API takes. A server's name has no _, so tools of two servers
 * never share one, and none has the name of a tool of the platform.
 */
final class ToolNames {
  static final int MOST = 64;
  private static final int DIGEST = 8;

  private ToolNames() {}

  static String wire(String server, String tool) {
    String name = prefix(server) + tool.replaceAll("[^A-Za-z0-9_-]", "_");
    return name.length() <= MOST ? name : name.substring(0, MOST - DIGEST - 1) + "_" + digest(tool);
  }

  static String prefix(String server) {
    return server + "_";
  }

  /** Tells names apart that are the same as far as they are shown. */
  private static String digest(String tool) {
    return Sha256.of(tool).hex().substring(0, DIGEST);
  }
}

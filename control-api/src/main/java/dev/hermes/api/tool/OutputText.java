package dev.hermes.api.tool;

import dev.hermes.sandbox.daemon.ExecResult;

/** What a model is shown of a run: output first, as a terminal would, then what went wrong. */
final class OutputText {
  private OutputText() {}

  static String of(ExecResult result) {
    StringBuilder text = new StringBuilder(result.stdout());
    result.result().ifPresent(value -> line(text).append(value));
    if (!result.stderr().isEmpty()) {
      line(text).append("[stderr]\n").append(result.stderr());
    }
    result
        .error()
        .ifPresent(error -> {
          if (!error.traceback().isEmpty()) {
            line(text).append(error.traceback());
          }
          if (error.isTimeout() || error.traceback().isEmpty()) {
            line(text).append(error.name()).append(": ").append(error.value());
          }
        });
    if (result.error().isEmpty() && result.exitCode() != 0) {
      line(text).append("[exit code ").append(result.exitCode()).append(']');
    }
    if (result.truncated()) {
      line(text).append("[output cut at the limit]");
    }
    return text.isEmpty() ? "(no output)" : text.toString();
  }

  private static StringBuilder line(StringBuilder text) {
    if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n') {
      text.append('\n');
    }
    return text;
  }
}

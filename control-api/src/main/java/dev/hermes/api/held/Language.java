package dev.hermes.api.held;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.crds.Tool;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The languages of code that an app brings, as requests name them. */
public final class Language {
  private static final List<Tool> ALL = List.of(Tool.PYTHON, Tool.BASH);

  private Language() {}

  /** The tool that runs the language; absent: Python. 400 for any other. */
  public static Tool of(@Nullable String language) {
    if (language == null) {
      return Tool.PYTHON;
    }
    return ALL.stream()
        .filter(tool -> tool.wire().equals(language))
        .findFirst()
        .orElseThrow(() ->
            new ApiException(
                Failure.invalid(
                    "language",
                    "language is "
                        + ALL.stream().map(Tool::wire).collect(Collectors.joining(" or "))
                        + ".")));
  }
}

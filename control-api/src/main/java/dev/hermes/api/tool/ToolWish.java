package dev.hermes.api.tool;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.crds.Tool;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/** Which of the platform's tools a request wants at most; it narrows and never widens. */
public final class ToolWish {
  public static final String HEADER = "X-Hermes-Tools";

  private ToolWish() {}

  /** All of them but for those a client function of the same name stands in front of. */
  public static Set<Tool> allBut(Set<String> clientFunctions) {
    Set<Tool> wanted = EnumSet.allOf(Tool.class);
    wanted.removeIf(tool -> clientFunctions.contains(tool.wire()));
    return wanted;
  }

  /** {@code none}, or names apart by commas. */
  public static Set<Tool> parse(String header) {
    Set<Tool> wanted = EnumSet.noneOf(Tool.class);
    if (header.strip().equals("none")) {
      return wanted;
    }
    for (String name : header.split(",", -1)) {
      wanted.add(
          Arrays.stream(Tool.values())
              .filter(tool -> tool.wire().equals(name.strip()))
              .findFirst()
              .orElseThrow(() ->
                  new ApiException(
                      Failure.invalid(
                          HEADER, "Give none, or names of python, bash and files with commas."))));
    }
    return wanted;
  }
}

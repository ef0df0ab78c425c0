package dev.hermes.api.tool;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.crds.Tool;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which of the platform's tools a request wants at most; it narrows and never widens. */
public final class ToolWish {
  public static final String HEADER = "X-Hermes-Tools";

  private ToolWish() {}

  /** All of them but for those a client function of the same name stands in front of. */
  public static Set<ServerTool> allBut(Set<String> clientFunctions) {
    Set<ServerTool> wanted = new HashSet<>();
    all().filter(tool -> !clientFunctions.contains(tool.wire())).forEach(wanted::add);
    return wanted;
  }

  /** {@code none}, or names apart by commas. */
  public static Set<ServerTool> parse(String header) {
    Set<ServerTool> wanted = new HashSet<>();
    if (header.strip().equals("none")) {
      return wanted;
    }
    for (String name : header.split(",", -1)) {
      wanted.add(
          all()
              .filter(tool -> tool.wire().equals(name.strip()))
              .findFirst()
              .orElseThrow(() ->
                  new ApiException(
                      Failure.invalid(
                          HEADER,
                          "Give none, or names with commas of "
                              + all().map(ServerTool::wire).collect(Collectors.joining(", "))
                              + "."))));
    }
    return wanted;
  }

  static Stream<ServerTool> all() {
    return Stream.concat(
        SandboxTool.of(EnumSet.allOf(Tool.class)), Arrays.stream(PlatformTool.values()));
  }
}

package dev.hermes.api.tool;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.toolserver.ToolServers;
import dev.hermes.crds.Tool;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.tenant.TenantSpec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which of the tools that run here a request wants at most; it narrows and never widens.
 *
 * @param client names of the client's own functions, which stand in front of tools of that name
 * @param not further ones that are not wanted
 * @param only the names that are wanted; empty: all
 */
public record ToolWish(Set<String> client, Set<String> not, Optional<Set<String>> only) {
  public static final String HEADER = "X-Hermes-Tools";

  /** All of them but for those a client function of the same name stands in front of. */
  public static ToolWish allBut(Set<String> clientFunctions) {
    return new ToolWish(clientFunctions, Set.of(), Optional.empty());
  }

  /**
   * The same, narrowed.
   *
   * @param header {@code none}, or names apart by commas
   */
  public ToolWish narrowed(String header, EffectiveTenant tenant) {
    if (header.strip().equals("none")) {
      return none();
    }
    Set<String> names = new LinkedHashSet<>();
    for (String name : header.split(",", -1)) {
      if (!isName(name.strip(), tenant)) {
        throw new ApiException(Failure.invalid(HEADER, choices(tenant)));
      }
      names.add(name.strip());
    }
    return new ToolWish(client, not, Optional.of(names));
  }

  /** The same, but for this one. */
  public ToolWish without(ServerTool tool) {
    Set<String> more = new HashSet<>(not);
    more.add(tool.wire());
    return new ToolWish(client, more, only);
  }

  /** No tool at all. */
  public ToolWish none() {
    return new ToolWish(client, not, Optional.of(Set.of()));
  }

  boolean wants(ServerTool tool) {
    String name = tool.wire();
    return !client.contains(name)
        && !not.contains(name)
        && only.map(it -> it.contains(name)).orElse(true);
  }

  /** Whether any tool of the server could be wanted. */
  boolean wantsOf(TenantSpec.McpServer server) {
    return only.map(it -> it.stream().anyMatch(name -> name.startsWith(ToolServers.prefix(server))))
        .orElse(true);
  }

  /** Those that the platform itself has. */
  static Stream<ServerTool> platform() {
    return Stream.concat(
        SandboxTool.of(EnumSet.allOf(Tool.class)), Arrays.stream(PlatformTool.values()));
  }

  /** A server that is away has no tools, and to name one of it is no mistake. */
  private static boolean isName(String name, EffectiveTenant tenant) {
    return platform().anyMatch(tool -> tool.wire().equals(name))
        || tenant.mcpServers().stream().anyMatch(it -> name.startsWith(ToolServers.prefix(it)));
  }

  private static String choices(EffectiveTenant tenant) {
    return "Give none, or names with commas of "
        + Stream.concat(
                platform().map(ServerTool::wire),
                tenant.mcpServers().stream().map(it -> ToolServers.prefix(it) + "<tool>"))
            .collect(Collectors.joining(", "))
        + ".";
  }
}

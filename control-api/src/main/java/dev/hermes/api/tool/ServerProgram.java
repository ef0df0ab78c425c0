package dev.hermes.api.tool;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.sandbox.daemon.ProcessRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** An MCP server as a program of a sandbox; it gets the sandbox's way out, and no token of ours. */
final class ServerProgram {
  private ServerProgram() {}

  static ProcessRequest of(TenantSpec.McpServer server, EffectivePolicy policy) {
    List<String> command = server.command();
    return new ProcessRequest(
        command.getFirst(),
        command.subList(1, command.size()),
        environment(server),
        Optional.empty(),
        Duration.ofSeconds(policy.limits().maxLifetimeSeconds()));
  }

  /** The schema has each name once; of a row past it the last counts. */
  private static Map<String, String> environment(TenantSpec.McpServer server) {
    return server.env().stream()
        .collect(
            Collectors.toMap(
                TenantSpec.Variable::name, TenantSpec.Variable::value, (_, last) -> last));
  }
}

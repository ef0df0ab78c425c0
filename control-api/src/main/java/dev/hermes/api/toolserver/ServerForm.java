package dev.hermes.api.toolserver;

import dev.hermes.crds.tenant.TenantSpec;

/**
 * How a server is reached. The schema of Tenants has the same rules; what is written to a row past
 * it is refused here.
 */
final class ServerForm {
  private ServerForm() {}

  static void check(TenantSpec.McpServer server) throws ToolServerFailed {
    if ((server.url() != null) == server.runsInSandbox()) {
      throw refused("it has both a url and a command, or neither");
    }
    if (server.runsInSandbox() && server.credential() != null) {
      throw refused("a command is given no credential");
    }
  }

  private static ToolServerFailed refused(String why) {
    return new ToolServerFailed(ToolServerFailed.Kind.REFUSED, why);
  }
}

package dev.hermes.api.toolserver;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.sandbox.daemon.RunningProgram;

/**
 * Where a tenant's servers that are programs are asked for their tools: each time in a new sandbox,
 * in which no user's code has run, for what they say there is told to every user of the tenant.
 *
 * @param policy of these sandboxes; another one may have another image, and so other tools
 * @param starting starts a server in one
 */
public record Programs(EffectivePolicy policy, Starting starting) {
  /** A program in a sandbox of its own. */
  public record Started(RunningProgram program, Runnable end) implements AutoCloseable {
    /** Ends the sandbox, and all in it. */
    @Override
    public void close() {
      end.run();
    }
  }

  /** Starts a server's program in a new sandbox. */
  @FunctionalInterface
  public interface Starting {
    /** Throws of the kind UNAVAILABLE when there is no sandbox; bounded by that of a cold start. */
    Started start(TenantSpec.McpServer server) throws ToolServerFailed, InterruptedException;
  }
}

package dev.hermes.sandbox.agent;

import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;

/**
 * The kinds of agent-sandbox (sigs.k8s.io/agent-sandbox) that this platform writes, and the names
 * its controller gives to what it makes. The version is the one that v0.5.0 and later store.
 */
public final class AgentSandbox {
  public static final String VERSION = "v1beta1";

  /** Group of what the controller makes of a claim; nothing here writes it. */
  public static final String CORE_GROUP = "agents.x-k8s.io";

  public static final String EXTENSIONS_GROUP = "extensions.agents.x-k8s.io";

  public static final ResourceDefinitionContext TEMPLATES =
      kind("SandboxTemplate", "sandboxtemplates");
  public static final ResourceDefinitionContext POOLS = kind("SandboxWarmPool", "sandboxwarmpools");
  public static final ResourceDefinitionContext CLAIMS = kind("SandboxClaim", "sandboxclaims");

  /** Plural of the kind that their controller makes of a claim. */
  public static final String SANDBOXES = "sandboxes";

  /** Kind of the owner of each pod that their controller made. */
  public static final String SANDBOX_KIND = "Sandbox";

  /**
   * Names of our claims begin so, and no pod of ours does: a lease remembers the one or the other.
   */
  private static final String CLAIM_PREFIX = "claim-";

  private AgentSandbox() {}

  /** Name of the SandboxClaim of a lease. */
  public static String claimOf(String sandboxId) {
    return CLAIM_PREFIX + sandboxId;
  }

  /** Whether a lease's name is that of a SandboxClaim, and not that of a pod of ours. */
  public static boolean isClaim(String name) {
    return name.startsWith(CLAIM_PREFIX);
  }

  /** Group and version of the kinds that this platform writes. */
  public static String apiVersion() {
    return EXTENSIONS_GROUP + "/" + VERSION;
  }

  private static ResourceDefinitionContext kind(String kind, String plural) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(EXTENSIONS_GROUP)
        .withVersion(VERSION)
        .withKind(kind)
        .withPlural(plural)
        .withNamespaced(true)
        .build();
  }
}

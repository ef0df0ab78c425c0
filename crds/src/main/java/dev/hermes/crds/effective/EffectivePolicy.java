package dev.hermes.crds.effective;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.hermes.crds.Tool;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A SandboxPolicy as a tenant gets it: the image is resolved, and the targets of the start gate are
 * named.
 *
 * @param denyTargets host:port pairs known to answer, each of which must refuse a new sandbox
 *     before it may be used
 * @param network the ways out; none for a policy that an operator from before there were any wrote
 * @param egressProxy {@code ip:port} of the egress proxy, the only address a sandbox reaches;
 *     absent when the policy has no way out, or the proxy is not there
 * @param unavailable why no sandbox may start under this policy now; absent when one may
 * @param backend who makes its pods; this platform for a policy that an older operator wrote
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record EffectivePolicy(
    String name,
    String image,
    String runtimeClassName,
    List<Tool> tools,
    SandboxPolicySpec.Resources resources,
    SandboxPolicySpec.Limits limits,
    SandboxPolicySpec.Pool pool,
    List<String> denyTargets,
    SandboxPolicySpec.Network network,
    @Nullable String egressProxy,
    @Nullable String unavailable,
    Backend backend) {

  public EffectivePolicy {
    tools = tools == null ? List.of() : List.copyOf(tools);
    denyTargets = denyTargets == null ? List.of() : List.copyOf(denyTargets);
    network = network == null ? SandboxPolicySpec.Network.none() : network;
    backend = backend == null ? Backend.Pod : backend;
  }
}

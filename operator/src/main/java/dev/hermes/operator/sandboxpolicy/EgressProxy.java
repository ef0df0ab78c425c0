package dev.hermes.operator.sandboxpolicy;

import dev.hermes.crds.Reason;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Ready;
import dev.hermes.operator.kube.StepOutcome.Unknown;
import dev.hermes.operator.kube.StepOutcome.Waiting;
import java.util.Optional;

/** What is known of the egress proxy, the only way out of a sandbox. */
public sealed interface EgressProxy {
  /** Where sandboxes reach it, {@code ip:port}: they have no DNS. */
  default Optional<String> address() {
    return Optional.empty();
  }

  /** What it means for a policy with these ways out. A policy without any needs no proxy. */
  default StepOutcome outcome(SandboxPolicySpec.Network network) {
    if (!network.isOpen()) {
      return new Ready(Reason.NotRequired, "the policy opens no way out");
    }
    return switch (this) {
      case At at ->
          new Unknown(
              Reason.NotProbed,
              "the only way out is the egress proxy at "
                  + at.ipAndPort()
                  + "; no canary has looked");
      case Disabled disabled ->
          new Waiting(
              Reason.EgressDisabled,
              "the installation runs no egress proxy; set egress.enabled in the chart's values, or"
                  + " remove spec.network; no sandbox starts");
      case Missing missing ->
          new Waiting(Reason.EgressProxyMissing, missing.problem() + "; no sandbox starts");
    };
  }

  /** The Service has this address. */
  record At(String ipAndPort) implements EgressProxy {
    @Override
    public Optional<String> address() {
      return Optional.of(ipAndPort);
    }
  }

  /** The installation has none. */
  record Disabled() implements EgressProxy {}

  /** There should be one, but its Service is not found. */
  record Missing(String problem) implements EgressProxy {}
}

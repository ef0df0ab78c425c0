package dev.hermes.operator.sandboxpolicy;

import dev.hermes.crds.Reason;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Invalid;
import java.util.List;
import java.util.Optional;

/** Whether this cluster serves the kinds of agent-sandbox, and this installation may use them. */
public sealed interface AgentSandboxApi {
  /** Why a policy with this backend cannot be served; a policy of our own pods always can. */
  default Optional<StepOutcome> obstacle(Backend backend) {
    if (backend == Backend.Pod) {
      return Optional.empty();
    }
    return switch (this) {
      case Served served -> Optional.empty();
      case Missing missing ->
          Optional.of(
              new Invalid(
                  Reason.BackendMissing,
                  "the cluster does not serve "
                      + String.join(", ", missing.kinds())
                      + "; install agent-sandbox v0.5.0 or later with its extensions, or set"
                      + " spec.backend to Pod; no sandbox starts"));
      case Disabled disabled ->
          Optional.of(
              new Invalid(
                  Reason.BackendMissing,
                  "this installation does not use agent-sandbox; set agentSandbox.enabled in the"
                      + " chart's values, or spec.backend to Pod; no sandbox starts"));
    };
  }

  /** Every kind is there. */
  record Served() implements AgentSandboxApi {}

  /**
   * Some are not.
   *
   * @param kinds as {@code plural.group/version}
   */
  record Missing(List<String> kinds) implements AgentSandboxApi {
    public Missing {
      kinds = List.copyOf(kinds);
    }
  }

  /** The chart gave no right to use them. */
  record Disabled() implements AgentSandboxApi {}
}

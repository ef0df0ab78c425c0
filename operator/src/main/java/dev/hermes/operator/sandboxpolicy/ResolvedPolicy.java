package dev.hermes.operator.sandboxpolicy;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.operator.kube.StepOutcome;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;

/**
 * A SandboxPolicy with everything found that it names.
 *
 * @param overhead what the RuntimeClass adds to each pod's resources
 * @param scheduling what the RuntimeClass merges into each pod: {@code key=value} node selectors,
 *     {@code key=value:Effect} tolerations
 */
public record ResolvedPolicy(
    EffectivePolicy effective,
    StepOutcome accepted,
    StepOutcome runtime,
    StepOutcome networkPolicy,
    Map<String, Quantity> overhead,
    List<String> scheduling) {}

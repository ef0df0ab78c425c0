package dev.hermes.operator.sandboxpolicy;

import dev.hermes.crds.Reason;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Invalid;
import dev.hermes.operator.kube.StepOutcome.Ready;
import dev.hermes.operator.kube.StepOutcome.Unknown;
import dev.hermes.operator.kube.StepOutcome.Waiting;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Says what a SandboxPolicy means here and now. The policy's own controller makes its conditions of
 * it, the Tenant controller what its tenants get.
 */
public final class Policies {
  private static final StepOutcome LIMITS = new Unknown(Reason.NotProbed, "no canary has looked");
  private static final Pattern PINNED = Pattern.compile(".+@sha256:[0-9a-f]{64}");

  private final Function<String, Optional<RuntimeClass>> runtimeClasses;
  private final Supplier<DenyTargets> denyTargets;
  private final Supplier<EgressProxy> egressProxy;
  private final Supplier<AgentSandboxApi> agentSandbox;
  private final Function<CanarySubject, Proofs> proofs;
  private final Optional<String> defaultImage;
  private final boolean allowTags;

  public Policies(
      Function<String, Optional<RuntimeClass>> runtimeClasses,
      Supplier<DenyTargets> denyTargets,
      Supplier<EgressProxy> egressProxy,
      Supplier<AgentSandboxApi> agentSandbox,
      Function<CanarySubject, Proofs> proofs,
      Optional<String> defaultImage,
      boolean allowTags) {
    this.runtimeClasses = runtimeClasses;
    this.denyTargets = denyTargets;
    this.egressProxy = egressProxy;
    this.agentSandbox = agentSandbox;
    this.proofs = proofs;
    this.defaultImage = defaultImage;
    this.allowTags = allowTags;
  }

  public ResolvedPolicy resolve(SandboxPolicy policy) {
    SandboxPolicySpec spec =
        Objects.requireNonNullElseGet(policy.getSpec(), SandboxPolicySpec::defaults);
    Optional<String> image = Optional.ofNullable(spec.image()).or(() -> defaultImage);
    Optional<RuntimeClass> runtimeClass = runtimeClasses.apply(spec.runtimeClassName());
    DenyTargets targets = denyTargets.get();
    EgressProxy proxy = egressProxy.get();

    StepOutcome accepted = accepted(image);
    StepOutcome runtime = runtime(spec, runtimeClass);
    StepOutcome network = network(targets);
    StepOutcome egress = proxy.outcome(spec.network());
    Map<String, Quantity> overhead =
        runtimeClass
            .map(RuntimeClass::getOverhead)
            .map(found -> Map.copyOf(found.getPodFixed()))
            .orElse(Map.of());
    List<String> scheduling = runtimeClass.map(MergedScheduling::of).orElse(List.of());
    EffectivePolicy effective =
        new EffectivePolicy(
            policy.getMetadata().getName(),
            image.orElse(""),
            spec.runtimeClassName(),
            spec.tools(),
            spec.resources(),
            spec.limits(),
            spec.pool(),
            targets.addresses(),
            spec.network(),
            spec.network().isOpen() ? proxy.address().orElse(null) : null,
            null,
            spec.backend());
    Optional<CanarySubject> subject =
        Stream.of(accepted, runtime, network, egress).noneMatch(StepOutcome::stops)
            ? runtimeClass.map(found -> CanarySubject.of(effective, found, overhead, scheduling))
            : Optional.empty();
    return new ResolvedPolicy(
            effective, accepted, runtime, LIMITS, network, egress, overhead, scheduling, subject)
        .proven(new Proving(subject.map(proofs), PolicyStatus.before(policy)));
  }

  private StepOutcome accepted(Optional<String> image) {
    if (image.isEmpty()) {
      return new Invalid(
          Reason.ImageMissing, "name an image in spec.image: the installation has no default one");
    }
    if (!allowTags && !PINNED.matcher(image.get()).matches()) {
      return new Invalid(
          Reason.ImageNotPinned,
          "name the image by digest (…@sha256:…), a tag may change: " + image.get());
    }
    return new Ready(Reason.Accepted, "image " + image.get());
  }

  private StepOutcome runtime(SandboxPolicySpec spec, Optional<RuntimeClass> found) {
    String name = spec.runtimeClassName();
    if (found.isEmpty()) {
      return new Invalid(
          Reason.RuntimeClassMissing,
          "RuntimeClass " + name + " does not exist; there is no fallback to another runtime");
    }
    return agentSandbox
        .get()
        .obstacle(spec.backend())
        .orElseGet(() -> new Ready(Reason.RuntimeFound, "RuntimeClass " + name + " exists"));
  }

  /** The targets are named so that a change shows. */
  private static StepOutcome network(DenyTargets targets) {
    return targets
        .problem()
        .<StepOutcome>map(
            problem -> new Waiting(Reason.CanaryUnreachable, problem + "; no sandbox starts"))
        .orElseGet(() ->
            new Unknown(
                Reason.NotProbed,
                "each sandbox must be refused by " + String.join(", ", targets.addresses())));
  }
}

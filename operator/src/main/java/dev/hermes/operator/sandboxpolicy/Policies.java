package dev.hermes.operator.sandboxpolicy;

import dev.hermes.crds.Reason;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Invalid;
import dev.hermes.operator.kube.StepOutcome.Ready;
import dev.hermes.operator.kube.StepOutcome.Waiting;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Says what a SandboxPolicy means here and now. The policy's own controller makes its conditions of
 * it, the Tenant controller what its tenants get.
 */
public final class Policies {
  private static final Pattern PINNED = Pattern.compile(".+@sha256:[0-9a-f]{64}");

  private final Function<String, Optional<RuntimeClass>> runtimeClasses;
  private final Supplier<DenyTargets> denyTargets;
  private final Optional<String> defaultImage;
  private final boolean allowTags;

  public Policies(
      Function<String, Optional<RuntimeClass>> runtimeClasses,
      Supplier<DenyTargets> denyTargets,
      Optional<String> defaultImage,
      boolean allowTags) {
    this.runtimeClasses = runtimeClasses;
    this.denyTargets = denyTargets;
    this.defaultImage = defaultImage;
    this.allowTags = allowTags;
  }

  public ResolvedPolicy resolve(SandboxPolicy policy) {
    SandboxPolicySpec spec =
        Objects.requireNonNullElseGet(policy.getSpec(), SandboxPolicySpec::defaults);
    Optional<String> image = Optional.ofNullable(spec.image()).or(() -> defaultImage);
    Optional<RuntimeClass> runtimeClass = runtimeClasses.apply(spec.runtimeClassName());
    DenyTargets targets = denyTargets.get();

    StepOutcome accepted = accepted(image);
    StepOutcome runtime = runtime(spec.runtimeClassName(), runtimeClass);
    StepOutcome network = network(targets);
    Optional<String> unavailable =
        Stream.of(accepted, runtime, network)
            .filter(outcome -> !outcome.isReady() && outcome.reason() != Reason.NotProbed)
            .map(outcome -> outcome.reason().name())
            .findFirst();
    return new ResolvedPolicy(
        new EffectivePolicy(
            policy.getMetadata().getName(),
            image.orElse(""),
            spec.runtimeClassName(),
            spec.tools(),
            spec.resources(),
            spec.limits(),
            spec.pool(),
            targets.addresses(),
            unavailable.orElse(null)),
        accepted,
        runtime,
        network,
        runtimeClass
            .map(RuntimeClass::getOverhead)
            .map(overhead -> Map.copyOf(overhead.getPodFixed()))
            .orElse(Map.of()),
        runtimeClass.map(Policies::scheduling).orElse(List.of()));
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

  private static StepOutcome runtime(String name, Optional<RuntimeClass> found) {
    return found.isPresent()
        ? new Ready(Reason.RuntimeFound, "RuntimeClass " + name + " exists")
        : new Invalid(
            Reason.RuntimeClassMissing,
            "RuntimeClass " + name + " does not exist; there is no fallback to another runtime");
  }

  /**
   * Never Ready: that needs a sandbox that proves it. The targets are named so that a change shows.
   */
  private static StepOutcome network(DenyTargets targets) {
    return targets
        .problem()
        .<StepOutcome>map(
            problem -> new Waiting(Reason.CanaryUnreachable, problem + "; no sandbox starts"))
        .orElseGet(() ->
            new Waiting(
                Reason.NotProbed,
                "each sandbox must be refused by " + String.join(", ", targets.addresses())));
  }

  private static List<String> scheduling(RuntimeClass runtimeClass) {
    if (runtimeClass.getScheduling() == null) {
      return List.of();
    }
    TreeSet<String> entries = new TreeSet<>();
    runtimeClass
        .getScheduling()
        .getNodeSelector()
        .forEach((key, value) -> entries.add(key + "=" + value));
    runtimeClass.getScheduling().getTolerations().forEach(t -> entries.add(toleration(t)));
    return List.copyOf(entries);
  }

  private static String toleration(Toleration toleration) {
    String key = Objects.requireNonNullElse(toleration.getKey(), "");
    String value = toleration.getValue();
    String effect = Objects.requireNonNullElse(toleration.getEffect(), "");
    return key + (value == null || value.isEmpty() ? "" : "=" + value) + ":" + effect;
  }
}

package dev.hermes.operator.canary;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.operator.sandboxpolicy.CanarySubject;
import dev.hermes.operator.sandboxpolicy.Check;
import dev.hermes.sandbox.pod.CanaryPod;
import dev.hermes.sandbox.pod.CanaryPodRequest;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The pods of a canary, one after the other: whoever takes too much memory or disk is killed for
 * it, and so cannot look at anything else.
 */
enum Stage {
  WALLS(Duration.ofSeconds(120), Check.KERNEL, Check.CPU, Check.PIDS, Check.NETWORK, Check.EGRESS),
  MEMORY(Duration.ofSeconds(60), Check.MEMORY),
  /** Kubelets count what is written about once a minute. */
  DISK(Duration.ofSeconds(240), Check.DISK);

  /** Beyond its deadline: for the image, the scheduler, and a kubelet that is slow to tell. */
  static final Duration START = Duration.ofSeconds(90);

  private static final BigDecimal MORE = BigDecimal.valueOf(64L << 20);

  private final Duration deadline;
  private final List<Check> checks;

  Stage(Duration deadline, Check... checks) {
    this.deadline = deadline;
    this.checks = List.of(checks);
  }

  List<Check> checks() {
    return checks;
  }

  String tag() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** How long its pod may be there without a result. */
  Duration patience() {
    return deadline.plus(START);
  }

  Optional<Stage> next() {
    return ordinal() + 1 < values().length
        ? Optional.of(values()[ordinal() + 1])
        : Optional.empty();
  }

  /** The same name for the same look, so that two of them cannot be. */
  String podName(CanarySubject subject) {
    return "canary-" + subject.key() + "-" + tag();
  }

  Pod pod(CanarySubject subject, String namespace) {
    return CanaryPod.desired(
        new CanaryPodRequest(
            namespace,
            podName(subject),
            tag(),
            subject.effective(),
            arguments(subject),
            deadline.toSeconds()));
  }

  private List<String> arguments(CanarySubject subject) {
    EffectivePolicy policy = subject.effective();
    List<String> arguments = new ArrayList<>(List.of("probe", "--check=" + tag()));
    switch (this) {
      case WALLS -> {
        arguments.add("--deny=" + String.join(",", policy.denyTargets()));
        arguments.add("--pids=" + policy.resources().pids());
        if (policy.egressProxy() != null) {
          arguments.add("--proxy=" + policy.egressProxy());
        }
      }
      case MEMORY -> {
        arguments.add(
            "--take-bytes=" + tooMuch(subject.most("memory", policy.resources().memory())));
        arguments.add("--hold=2s");
      }
      case DISK -> {
        arguments.add("--take-bytes=" + tooMuch(bytes(policy.resources().ephemeralStorage())));
        arguments.add("--hold=" + deadline.minusSeconds(20).toSeconds() + "s");
      }
    }
    return List.copyOf(arguments);
  }

  private static BigDecimal bytes(String quantity) {
    return Quantity.parse(quantity).getNumericalAmount();
  }

  private static String tooMuch(BigDecimal limit) {
    return limit.multiply(BigDecimal.TWO).add(MORE).toBigInteger().toString();
  }
}

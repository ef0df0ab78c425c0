package dev.hermes.operator.sandboxpolicy;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The part of a policy that its walls hang on. Policies that are equal in it share one canary, and
 * a change of it asks for a new one.
 *
 * <p>Limits are those of the policy, but no larger than {@link #MOST}: a limit is enforced by the
 * same means whatever its figure, and a canary that takes 64Gi to prove it would be the neighbour
 * that limits protect from.
 *
 * @param key names it, 12 hex digits
 * @param effective the policy of the canary's pods
 * @param handler of the RuntimeClass
 * @param overhead what the RuntimeClass adds to the limits of a pod
 * @param scheduling what the RuntimeClass merges into a pod, as admission reads it
 */
public record CanarySubject(
    String key,
    EffectivePolicy effective,
    String handler,
    Map<String, Quantity> overhead,
    List<String> scheduling) {
  static final SandboxPolicySpec.Resources MOST =
      new SandboxPolicySpec.Resources("250m", "192Mi", "64Mi", 32);

  static CanarySubject of(
      EffectivePolicy policy,
      RuntimeClass runtimeClass,
      Map<String, Quantity> overhead,
      List<String> scheduling) {
    SandboxPolicySpec plain = SandboxPolicySpec.defaults();
    EffectivePolicy effective =
        new EffectivePolicy(
            "canary",
            policy.image(),
            policy.runtimeClassName(),
            plain.tools(),
            capped(policy.resources()),
            plain.limits(),
            new SandboxPolicySpec.Pool(0, 1, 0),
            policy.denyTargets(),
            new SandboxPolicySpec.Network(List.of(), policy.network().isOpen()),
            policy.egressProxy(),
            null,
            Backend.Pod);
    String handler = runtimeClass.getHandler() == null ? "" : runtimeClass.getHandler();
    return new CanarySubject(
        key(List.of(effective, handler, new TreeMap<>(overhead), scheduling)),
        effective,
        handler,
        overhead,
        scheduling);
  }

  /** The limit of a pod as the node sees it: the container's and what the RuntimeClass adds. */
  public BigDecimal most(String resource, String limit) {
    Quantity more = overhead.get(resource);
    BigDecimal own = Quantity.parse(limit).getNumericalAmount();
    return more == null ? own : own.add(more.getNumericalAmount());
  }

  private static SandboxPolicySpec.Resources capped(SandboxPolicySpec.Resources resources) {
    return new SandboxPolicySpec.Resources(
        least(resources.cpu(), MOST.cpu()),
        least(resources.memory(), MOST.memory()),
        least(resources.ephemeralStorage(), MOST.ephemeralStorage()),
        Math.min(resources.pids(), MOST.pids()));
  }

  private static String least(String a, String b) {
    return Quantity.parse(a).getNumericalAmount().compareTo(Quantity.parse(b).getNumericalAmount())
            <= 0
        ? a
        : b;
  }

  private static String key(Object content) {
    byte[] json = Serialization.asJson(content).getBytes(StandardCharsets.UTF_8);
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(json), 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}

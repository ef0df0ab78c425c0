package dev.hermes.sandbox;

import dev.hermes.crds.Tool;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Policies of the tests: the defaults, and one that differs in every field. */
public final class Policies {
  public static final String TENANT_ID = "01980000-0000-7000-8000-00000000abcd";
  public static final String KEYS = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";

  private Policies() {}

  public static EffectivePolicy defaults() {
    SandboxPolicySpec spec = SandboxPolicySpec.defaults();
    return new EffectivePolicy(
        "default",
        "hermes.local/sandbox-python@sha256:" + "0".repeat(64),
        spec.runtimeClassName(),
        spec.tools(),
        spec.resources(),
        spec.limits(),
        spec.pool(),
        List.of("10.96.0.1:443", "10.96.0.77:8080"),
        spec.network(),
        null,
        null,
        Backend.Pod);
  }

  public static EffectivePolicy other() {
    return new EffectivePolicy(
        "data-science",
        "registry.example/tools@sha256:" + "1".repeat(64),
        "gvisor-kvm",
        List.of(Tool.PYTHON),
        new SandboxPolicySpec.Resources("1500m", "2Gi", "512Mi", 512),
        new SandboxPolicySpec.Limits(2048, 4096, 5, 60, 20, 600, 4),
        new SandboxPolicySpec.Pool(3, 30, 900),
        List.of("10.96.0.1:443", "10.96.0.77:8080", "169.254.169.254:80"),
        new SandboxPolicySpec.Network(List.of("index.example.com:443"), true),
        "10.96.0.31:3128",
        null,
        Backend.Pod);
  }

  public static EffectivePolicy with(
      EffectivePolicy policy,
      SandboxPolicySpec.@Nullable Limits limits,
      SandboxPolicySpec.@Nullable Pool pool) {
    return new EffectivePolicy(
        policy.name(),
        policy.image(),
        policy.runtimeClassName(),
        policy.tools(),
        policy.resources(),
        limits == null ? policy.limits() : limits,
        pool == null ? policy.pool() : pool,
        policy.denyTargets(),
        policy.network(),
        policy.egressProxy(),
        policy.unavailable(),
        Backend.Pod);
  }
}

package dev.hermes.operator.testing;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.crds.tenant.TenantStatus;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.util.List;

/** Objects that tests of several capabilities begin with. */
public final class Fixtures {
  public static final Instant NOW = Instant.parse("2026-08-01T12:00:00Z");
  public static final String IMAGE =
      "registry.example/sandbox@sha256:"
          + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

  private Fixtures() {}

  public static EffectivePolicy policy(String name, int warm, int max) {
    return policy(name, warm, max, null);
  }

  public static EffectivePolicy policy(String name, int warm, int max, String unavailable) {
    SandboxPolicySpec spec = SandboxPolicySpec.defaults();
    return new EffectivePolicy(
        name,
        IMAGE,
        spec.runtimeClassName(),
        spec.tools(),
        spec.resources(),
        spec.limits(),
        new SandboxPolicySpec.Pool(warm, max, 900),
        List.of("10.96.0.1:443"),
        spec.network(),
        null,
        unavailable,
        Backend.Pod);
  }

  /** A policy with a way out; the proxy may be missing. */
  public static EffectivePolicy open(String name, String egressProxy) {
    EffectivePolicy closed = policy(name, 1, 10);
    return new EffectivePolicy(
        name,
        closed.image(),
        closed.runtimeClassName(),
        closed.tools(),
        closed.resources(),
        closed.limits(),
        closed.pool(),
        closed.denyTargets(),
        new SandboxPolicySpec.Network(List.of("index.example.com:443"), false),
        egressProxy,
        null,
        Backend.Pod);
  }

  public static Tenant tenant(String name, TenantSpec spec, TenantStatus status) {
    Tenant tenant = new Tenant();
    tenant.setMetadata(
        new ObjectMetaBuilder()
            .withName(name)
            .withUid("uid-" + name)
            .withGeneration(3L)
            .withCreationTimestamp(NOW.toString())
            .build());
    tenant.setSpec(spec);
    tenant.setStatus(status);
    return tenant;
  }

  public static TenantSpec withPolicies(String... policies) {
    TenantSpec spec = TenantSpec.defaults();
    return new TenantSpec(
        "Acme",
        null,
        false,
        spec.database(),
        spec.apiKeys(),
        spec.models(),
        spec.tools(),
        new TenantSpec.Sandbox(List.of(policies), 10),
        spec.limits(),
        spec.deletion(),
        spec.legalHold(),
        spec.adopt(),
        spec.mcpServers());
  }

  public static TenantSpec suspended(TenantSpec spec) {
    return spec.asSuspended();
  }
}

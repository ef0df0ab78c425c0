package dev.hermes.api.testing;

import dev.hermes.crds.Tool;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.id.UuidV7;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/** A tenant as the operator would write it; the withers change one thing each. */
public record TestTenant(UUID id, EffectiveTenant config, String state) {
  private static final AtomicInteger COUNT = new AtomicInteger();

  public static TestTenant create() {
    UUID id = UuidV7.next();
    String name = "t" + COUNT.incrementAndGet();
    return new TestTenant(
        id,
        new EffectiveTenant(
            id.toString(),
            name,
            "Tenant " + name,
            false,
            1,
            "hermes-" + name,
            new TenantSpec.Models(List.of("*"), null),
            List.of(Tool.PYTHON, Tool.BASH),
            100_000,
            10,
            List.of(policy(limits(50), null))),
        "active");
  }

  public static SandboxPolicySpec.Limits limits(int toolCalls) {
    return new SandboxPolicySpec.Limits(51200, 10240, toolCalls, 5, 300, 3600, 16);
  }

  public static EffectivePolicy policy(SandboxPolicySpec.Limits limits, String unavailable) {
    SandboxPolicySpec spec = SandboxPolicySpec.defaults();
    return new EffectivePolicy(
        "default",
        "hermes.local/sandbox-python@sha256:0",
        "gvisor",
        List.of(Tool.PYTHON, Tool.BASH),
        spec.resources(),
        limits,
        spec.pool(),
        List.of("127.0.0.1:9"),
        unavailable);
  }

  public TestTenant withPolicies(List<EffectivePolicy> policies) {
    return with(
        config.suspended(),
        config.models(),
        config.tools(),
        config.requestsPerMinute(),
        config.maxConcurrentSandboxes(),
        policies,
        state);
  }

  public TestTenant withModels(TenantSpec.Models models) {
    return with(
        config.suspended(),
        models,
        config.tools(),
        config.requestsPerMinute(),
        config.maxConcurrentSandboxes(),
        config.policies(),
        state);
  }

  public TestTenant withTools(List<Tool> tools) {
    return with(
        config.suspended(),
        config.models(),
        tools,
        config.requestsPerMinute(),
        config.maxConcurrentSandboxes(),
        config.policies(),
        state);
  }

  public TestTenant withRequestsPerMinute(int most) {
    return with(
        config.suspended(),
        config.models(),
        config.tools(),
        most,
        config.maxConcurrentSandboxes(),
        config.policies(),
        state);
  }

  public TestTenant withMaxSandboxes(int most) {
    return with(
        config.suspended(),
        config.models(),
        config.tools(),
        config.requestsPerMinute(),
        most,
        config.policies(),
        state);
  }

  public TestTenant suspended(boolean suspended) {
    return with(
        suspended,
        config.models(),
        config.tools(),
        config.requestsPerMinute(),
        config.maxConcurrentSandboxes(),
        config.policies(),
        suspended ? "suspended" : "active");
  }

  private TestTenant with(
      boolean suspended,
      TenantSpec.Models models,
      List<Tool> tools,
      int requests,
      int sandboxes,
      List<EffectivePolicy> policies,
      String newState) {
    return new TestTenant(
        id,
        new EffectiveTenant(
            config.tenantId(),
            config.name(),
            config.displayName(),
            suspended,
            config.generation() + 1,
            config.namespace(),
            models,
            tools,
            requests,
            sandboxes,
            policies),
        newState);
  }
}

package dev.hermes.api.testing;

import dev.hermes.crds.Tool;
import dev.hermes.crds.effective.EffectiveDatabase;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.sandboxpolicy.Backend;
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
            EffectiveDatabase.shared(),
            new TenantSpec.Models(List.of("*"), null),
            List.of(Tool.PYTHON, Tool.BASH),
            100_000,
            10,
            List.of(policy(limits(50), null)),
            List.of()),
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
        List.of(Tool.PYTHON, Tool.BASH, Tool.FILES),
        spec.resources(),
        limits,
        spec.pool(),
        List.of("127.0.0.1:9"),
        spec.network(),
        null,
        unavailable,
        Backend.Pod);
  }

  /** Its one policy lets code in sandboxes call the platform back, or leaves that out. */
  public TestTenant withCallback(boolean callback) {
    EffectivePolicy one = config.policies().getFirst();
    return withPolicies(
        List.of(
            new EffectivePolicy(
                one.name(),
                one.image(),
                one.runtimeClassName(),
                one.tools(),
                one.resources(),
                one.limits(),
                one.pool(),
                one.denyTargets(),
                new SandboxPolicySpec.Network(List.of("index.example:443"), callback),
                "10.96.0.9:3128",
                null,
                Backend.Pod)));
  }

  /** With a schema of its own; {@link Operator#schema} makes it. */
  public TestTenant withOwnSchema() {
    EffectiveTenant c = config;
    return new TestTenant(
        id,
        new EffectiveTenant(
            c.tenantId(),
            c.name(),
            c.displayName(),
            c.suspended(),
            c.generation() + 1,
            c.namespace(),
            new EffectiveDatabase(TenantSpec.Isolation.SCHEMA, schema(), null),
            c.models(),
            c.tools(),
            c.requestsPerMinute(),
            c.maxConcurrentSandboxes(),
            c.policies(),
            c.mcpServers()),
        state);
  }

  /** The name of its own schema, should it have one. */
  public String schema() {
    return "hermes_t_" + id.toString().replace("-", "");
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

  public TestTenant withDatabase(EffectiveDatabase database) {
    return new TestTenant(
        id,
        new EffectiveTenant(
            config.tenantId(),
            config.name(),
            config.displayName(),
            config.suspended(),
            config.generation() + 1,
            config.namespace(),
            database,
            config.models(),
            config.tools(),
            config.requestsPerMinute(),
            config.maxConcurrentSandboxes(),
            config.policies(),
            config.mcpServers()),
        state);
  }

  public TestTenant withMcpServers(TenantSpec.McpServer... servers) {
    EffectiveTenant c = config;
    return new TestTenant(
        id,
        new EffectiveTenant(
            c.tenantId(),
            c.name(),
            c.displayName(),
            c.suspended(),
            c.generation() + 1,
            c.namespace(),
            c.database(),
            c.models(),
            c.tools(),
            c.requestsPerMinute(),
            c.maxConcurrentSandboxes(),
            c.policies(),
            List.of(servers)),
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
            config.database(),
            models,
            tools,
            requests,
            sandboxes,
            policies,
            config.mcpServers()),
        newState);
  }
}

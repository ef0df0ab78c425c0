package dev.hermes.api.e2b;

import dev.hermes.api.held.AccessTokens;
import dev.hermes.api.held.HeldLoads;
import dev.hermes.api.held.HeldSandbox;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.database.access.TenantId;
import dev.hermes.sandbox.daemon.SandboxLoad;
import jakarta.inject.Singleton;
import java.time.temporal.ChronoUnit;

/** Sandboxes in E2B's words. */
@Singleton
final class E2bAnswers {
  /** Clients take other paths through their code below it; this one is tested with theirs. */
  private static final String ENVD_VERSION = "0.5.7";

  private final AccessTokens tokens;

  E2bAnswers(AccessTokens tokens) {
    this.tokens = tokens;
  }

  E2bWire.Sandbox access(TenantId tenant, HeldSandbox sandbox) {
    String token = tokens.issue(tenant, sandbox.lease());
    return new E2bWire.Sandbox(
        sandbox.lease().policy(),
        sandbox.lease().id().toString(),
        "hermes",
        ENVD_VERSION,
        token,
        // some routes of the code interpreter's client send only this one
        token,
        null);
  }

  static E2bWire.Detail detail(HeldSandbox sandbox) {
    var lease = sandbox.lease();
    return new E2bWire.Detail(
        lease.policy(),
        lease.id().toString(),
        "hermes",
        lease.startedAt().truncatedTo(ChronoUnit.MILLIS).toString(),
        lease.endsAt().truncatedTo(ChronoUnit.MILLIS).toString(),
        ENVD_VERSION,
        null,
        sandbox.policy().map(E2bAnswers::cpus).orElse(0),
        sandbox.policy().map(policy -> mebibytes(policy.resources().memory())).orElse(0),
        sandbox.policy().map(policy -> mebibytes(policy.resources().ephemeralStorage())).orElse(0),
        "running",
        lease.metadata());
  }

  /** How much there is is what the policy gives; the sandbox itself may see its node's. */
  static E2bWire.Metric metric(HeldLoads.Measured measured) {
    SandboxLoad load = measured.load();
    var policy = measured.sandbox().policy();
    return new E2bWire.Metric(
        load.at().toString(),
        load.at().getEpochSecond(),
        policy.map(E2bAnswers::cpus).orElse(load.cpuCount()),
        load.cpuPercent(),
        load.memoryUsed(),
        policy.map(it -> bytes(it.resources().memory())).orElse(load.memoryTotal()),
        load.memoryCache(),
        load.diskUsed(),
        policy.map(it -> bytes(it.resources().ephemeralStorage())).orElse(load.diskTotal()));
  }

  private static long bytes(String quantity) {
    return (long) mebibytes(quantity) << 20;
  }

  /** Whole ones, as the wire wants it; a part of one is one. */
  private static int cpus(EffectivePolicy policy) {
    String cpu = policy.resources().cpu();
    double count =
        cpu.endsWith("m")
            ? Integer.parseInt(cpu.substring(0, cpu.length() - 1)) / 1000.0
            : Double.parseDouble(cpu);
    return (int) Math.ceil(count);
  }

  /** The resource admits nothing but {@code Mi} and {@code Gi}. */
  private static int mebibytes(String quantity) {
    int number = Integer.parseInt(quantity.substring(0, quantity.length() - 2));
    return quantity.endsWith("Gi") ? number * 1024 : number;
  }
}

package dev.hermes.operator.tenant;

import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.pool.PodWatch;
import dev.hermes.operator.pool.PoolController;
import dev.hermes.operator.provision.IsolationSelfTest;
import dev.hermes.operator.provision.TenantRows;
import dev.hermes.operator.sandboxpolicy.Policies;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;

/** The steps of a tenant's reconciliation, wired. */
public final class TenantSteps {
  private final DatabaseStep database;
  private final SandboxStep sandbox;
  private final KeyDeliveryStep keyDelivery;
  private final SelfTestStep selfTest;
  private final TenantDeletion deletion;
  private final int schemaVersion;

  /** What the process has for them. */
  public record Parts(
      KubernetesClient kubernetes,
      TenantRows rows,
      IsolationSelfTest selfTest,
      Policies policies,
      PoolController pool,
      PodWatch pods,
      int schemaVersion) {}

  public TenantSteps(Parts parts, ApiIdentity api, Halt halt, Clock clock) {
    this.database = new DatabaseStep(parts.rows());
    this.sandbox =
        new SandboxStep(
            database,
            new NamespaceStep(parts.kubernetes(), api, halt),
            parts.policies(),
            parts.pool(),
            parts.pods(),
            halt);
    this.keyDelivery = new KeyDeliveryStep(parts.kubernetes(), api);
    this.selfTest = new SelfTestStep(parts.selfTest(), clock);
    this.deletion = new TenantDeletion(parts.kubernetes(), parts.rows(), parts.pool(), halt, clock);
    this.schemaVersion = parts.schemaVersion();
  }

  DatabaseStep database() {
    return database;
  }

  SandboxStep sandbox() {
    return sandbox;
  }

  KeyDeliveryStep keyDelivery() {
    return keyDelivery;
  }

  SelfTestStep selfTest() {
    return selfTest;
  }

  TenantDeletion deletion() {
    return deletion;
  }

  int schemaVersion() {
    return schemaVersion;
  }
}

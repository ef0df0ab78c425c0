package dev.hermes.operator.tenant;

import dev.hermes.operator.dedicated.DedicatedStep;
import dev.hermes.operator.kube.ClusterIdentity;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.plan.Plans;
import dev.hermes.operator.pool.PodWatch;
import dev.hermes.operator.pool.PoolController;
import dev.hermes.operator.provision.Adoptions;
import dev.hermes.operator.provision.IsolationSelfTest;
import dev.hermes.operator.provision.TenantRows;
import dev.hermes.operator.provision.TenantSchemas;
import dev.hermes.operator.sandboxpolicy.Policies;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;

/** The steps of a tenant's reconciliation, wired. */
public final class TenantSteps {
  private final DatabaseStep database;
  private final SchemaStep schema;
  private final SandboxStep sandbox;
  private final KeyDeliveryStep keyDelivery;
  private final SelfTestStep selfTest;
  private final TenantDeletion deletion;
  private final Plans plans;
  private final DedicatedStep dedicated;
  private final int schemaVersion;

  /** What the process has for them. */
  public record Parts(
      KubernetesClient kubernetes,
      TenantRows rows,
      Adoptions adoptions,
      TenantSchemas schemas,
      LoginSecrets logins,
      ClusterIdentity cluster,
      IsolationSelfTest selfTest,
      Policies policies,
      Plans plans,
      PoolController pool,
      PodWatch pods,
      DedicatedStep dedicated,
      int schemaVersion) {}

  public TenantSteps(Parts parts, ApiIdentity api, Halt halt, Clock clock) {
    this.database =
        new DatabaseStep(
            parts.rows(),
            new AdoptStep(parts.kubernetes(), parts.adoptions(), parts.cluster(), halt),
            parts.plans());
    this.schema = new SchemaStep(parts.schemas(), parts.logins(), halt);
    this.sandbox =
        new SandboxStep(
            database,
            new NamespaceStep(parts.kubernetes(), api, halt),
            parts.policies(),
            parts.plans(),
            parts.pool(),
            parts.pods(),
            halt);
    this.keyDelivery = new KeyDeliveryStep(parts.kubernetes(), api);
    this.selfTest = new SelfTestStep(parts.selfTest(), parts.schemaVersion(), clock);
    this.plans = parts.plans();
    this.dedicated = parts.dedicated();
    this.deletion =
        new TenantDeletion(
            parts.kubernetes(),
            parts.rows(),
            parts.plans(),
            parts.dedicated(),
            parts.pool(),
            schema,
            halt,
            clock);
    this.schemaVersion = parts.schemaVersion();
  }

  DatabaseStep database() {
    return database;
  }

  SchemaStep schema() {
    return schema;
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

  Plans plans() {
    return plans;
  }

  DedicatedStep dedicated() {
    return dedicated;
  }

  int schemaVersion() {
    return schemaVersion;
  }
}

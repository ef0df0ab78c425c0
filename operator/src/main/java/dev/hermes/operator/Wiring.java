package dev.hermes.operator;

import dev.hermes.crds.Names;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.database.key.Pepper;
import dev.hermes.operator.apikey.ApiKeyReconciler;
import dev.hermes.operator.config.OperatorConfig;
import dev.hermes.operator.health.OperatorMetrics;
import dev.hermes.operator.kube.Events;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Signal;
import dev.hermes.operator.pool.PodFacts;
import dev.hermes.operator.pool.PodWatch;
import dev.hermes.operator.pool.PoolController;
import dev.hermes.operator.provision.Fenced;
import dev.hermes.operator.provision.IsolationSelfTest;
import dev.hermes.operator.provision.KeyRows;
import dev.hermes.operator.provision.LeaderEpoch;
import dev.hermes.operator.provision.Leases;
import dev.hermes.operator.provision.TenantRows;
import dev.hermes.operator.sandboxpolicy.NetCanary;
import dev.hermes.operator.sandboxpolicy.Policies;
import dev.hermes.operator.sandboxpolicy.RuntimeClasses;
import dev.hermes.operator.sandboxpolicy.SandboxPolicyReconciler;
import dev.hermes.operator.tenant.ApiIdentity;
import dev.hermes.operator.tenant.TenantReconciler;
import dev.hermes.operator.tenant.TenantSteps;
import dev.hermes.sandbox.daemon.PublicKeys;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who knows whom. Capabilities meet here and nowhere else. */
final class Wiring {
  private static final Logger log = LoggerFactory.getLogger(Wiring.class);
  private static final String OPERATOR_ACCOUNT = "hermes-operator";

  private final PodWatch pods;
  private final RuntimeClasses runtimeClasses;
  private final NetCanary netCanary;
  private final PoolController pool;
  private final TenantReconciler tenants;
  private final SandboxPolicyReconciler policies;
  private final ApiKeyReconciler keys;
  private final Signal<Tenant> tenantSignal = new Signal<>("tenant-signal");
  private final Signal<SandboxPolicy> policySignal = new Signal<>("policy-signal");
  private final Controllers controllers;

  Wiring(
      OperatorConfig config,
      KubernetesClient kubernetes,
      DataSource provisioner,
      DataSource probe,
      OperatorMetrics metrics,
      int schemaVersion) {
    Clock clock = Clock.systemUTC();
    Halt halt = Halt.at(config.haltAt());
    Events events = new Events(kubernetes, config.podName(), clock);
    Fenced database = new Fenced(provisioner, epoch(config, kubernetes), Wiring::endOldLeader);
    TenantRows tenantRows = new TenantRows(database);
    Neighbours neighbours = new Neighbours(this, metrics, clock);

    pods = new PodWatch(kubernetes);
    runtimeClasses = new RuntimeClasses(kubernetes);
    netCanary = new NetCanary(config.netCanaryUrl(), clock, () -> lookAtPoliciesOf(null));
    pool =
        new PoolController(
            kubernetes,
            pods,
            new Leases(database),
            () -> publicKeys(config.signingPublicFile()),
            clock);
    Policies resolution =
        new Policies(
            runtimeClasses::find, netCanary, config.sandboxImage(), config.allowImageTags());
    policies =
        new SandboxPolicyReconciler(
            resolution, neighbours::policyCounts, policySignal, events, clock);
    tenants =
        new TenantReconciler(
            new TenantSteps(
                new TenantSteps.Parts(
                    kubernetes,
                    tenantRows,
                    new IsolationSelfTest(probe),
                    resolution,
                    pool,
                    pods,
                    schemaVersion),
                new ApiIdentity(config.namespace(), config.apiServiceAccount(), OPERATOR_ACCOUNT),
                halt,
                clock),
            neighbours,
            tenantSignal,
            events,
            metrics,
            halt,
            clock);
    keys =
        new ApiKeyReconciler(
            new ApiKeyReconciler.Parts(
                kubernetes,
                new KeyRows(database),
                tenantRows,
                Pepper.load(config.pepperDir()),
                config.apiUrl()),
            tenantSignal::look,
            new Signal<ApiKey>("key-signal"),
            events,
            metrics,
            halt,
            clock);
    controllers = new Controllers(config, kubernetes, metrics, pool::start);
    neighbours.registerGauges();
  }

  /** Watches first, then controllers, so that the first look sees everything. */
  void start() {
    pods.start(this::podChanged);
    runtimeClasses.start(this::lookAtPoliciesOf);
    netCanary.poll();
    controllers.register(tenants, policies, keys);
    controllers.start();
  }

  void pollNetCanary() {
    netCanary.poll();
  }

  boolean isHealthy() {
    return controllers.areHealthy() && pods.isHealthy();
  }

  boolean isAlive() {
    return pool.isAlive();
  }

  TenantReconciler tenants() {
    return tenants;
  }

  ApiKeyReconciler keys() {
    return keys;
  }

  PodWatch pods() {
    return pods;
  }

  Signal<SandboxPolicy> policySignal() {
    return policySignal;
  }

  private void podChanged(Pod pod) {
    pool.podChanged(pod.getMetadata().getNamespace());
    tenantSignal.look(PodFacts.label(pod, Names.TENANT));
    policySignal.look(PodFacts.label(pod, Names.POLICY));
  }

  /** Null: all of them. */
  private void lookAtPoliciesOf(@Nullable String runtimeClass) {
    policies.lookAt(policy ->
        runtimeClass == null
            || policy.getSpec() == null
            || runtimeClass.equals(policy.getSpec().runtimeClassName()));
  }

  private static String publicKeys(Path pem) {
    try {
      return PublicKeys.read(pem);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the signing keys of " + pem, e);
    }
  }

  private static LongSupplier epoch(OperatorConfig config, KubernetesClient kubernetes) {
    return config.leaderElection()
        ? new LeaderEpoch(kubernetes, config.namespace(), Controllers.LEASE, config.podName())
        : () -> 0;
  }

  /** Nothing this process still has in hand may reach the database or the cluster. */
  private static void endOldLeader() {
    log.error("another process leads since; this one ends");
    Runtime.getRuntime().halt(1);
  }
}

package dev.hermes.operator;

import dev.hermes.crds.Names;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.database.key.Pepper;
import dev.hermes.operator.apikey.ApiKeyReconciler;
import dev.hermes.operator.canary.Canaries;
import dev.hermes.operator.config.OperatorConfig;
import dev.hermes.operator.dedicated.DedicatedDatabases;
import dev.hermes.operator.dedicated.DedicatedPurge;
import dev.hermes.operator.dedicated.DedicatedStep;
import dev.hermes.operator.dedicated.MigrationSettings;
import dev.hermes.operator.health.OperatorMetrics;
import dev.hermes.operator.kube.ClusterIdentity;
import dev.hermes.operator.kube.Events;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Signal;
import dev.hermes.operator.notice.MailServer;
import dev.hermes.operator.notice.Mailer;
import dev.hermes.operator.pool.PodFacts;
import dev.hermes.operator.pool.PodWatch;
import dev.hermes.operator.pool.PoolController;
import dev.hermes.operator.provision.Adoptions;
import dev.hermes.operator.provision.DatabaseIdentity;
import dev.hermes.operator.provision.DedicatedTenants;
import dev.hermes.operator.provision.Fenced;
import dev.hermes.operator.provision.IsolationSelfTest;
import dev.hermes.operator.provision.KeyRows;
import dev.hermes.operator.provision.LeaderEpoch;
import dev.hermes.operator.provision.Leases;
import dev.hermes.operator.provision.Purges;
import dev.hermes.operator.provision.TenantRows;
import dev.hermes.operator.provision.TenantSchemas;
import dev.hermes.operator.purge.Acknowledgement;
import dev.hermes.operator.purge.PurgeController;
import dev.hermes.operator.sandboxpolicy.AgentSandboxDiscovery;
import dev.hermes.operator.sandboxpolicy.EgressService;
import dev.hermes.operator.sandboxpolicy.NetCanary;
import dev.hermes.operator.sandboxpolicy.Policies;
import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import dev.hermes.operator.sandboxpolicy.RuntimeClasses;
import dev.hermes.operator.sandboxpolicy.SandboxPolicyReconciler;
import dev.hermes.operator.tenant.ApiIdentity;
import dev.hermes.operator.tenant.LoginSecrets;
import dev.hermes.operator.tenant.TenantReconciler;
import dev.hermes.operator.tenant.TenantSteps;
import dev.hermes.sandbox.daemon.PublicKeys;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
  private final EgressService egress;
  private final AgentSandboxDiscovery agentSandbox;
  private final PoolController pool;
  private final Canaries canaries;
  private final CanaryFigures canaryFigures;
  private final TenantReconciler tenants;
  private final SandboxPolicyReconciler policies;
  private final ApiKeyReconciler keys;
  private final Signal<Tenant> tenantSignal = new Signal<>("tenant-signal");
  private final Signal<SandboxPolicy> policySignal = new Signal<>("policy-signal");
  private final TenantSchemas schemas;
  private final PurgeController purges;
  private final Controllers controllers;
  private final Neighbours neighbours;
  private volatile boolean leads;

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
    LongSupplier epoch = epoch(config, kubernetes);
    Fenced database = new Fenced(provisioner, epoch, Wiring::endOldLeader);
    ClusterIdentity cluster = ClusterIdentity.read(kubernetes, config.takesOver());
    TenantRows tenantRows = new TenantRows(database, cluster.uid());
    DedicatedDatabases dedicated =
        new DedicatedDatabases(
            kubernetes,
            config.namespace(),
            config.dedicated().allowPlaintext(),
            epoch,
            cluster.uid());
    schemas = new TenantSchemas(database);
    neighbours = new Neighbours(this, metrics, clock);

    pods = new PodWatch(kubernetes);
    runtimeClasses = new RuntimeClasses(kubernetes);
    netCanary = new NetCanary(config.netCanaryUrl(), clock, () -> lookAtPoliciesOf(null));
    egress =
        new EgressService(
            kubernetes, config.namespace(), config.egressService(), () -> lookAtPoliciesOf(null));
    agentSandbox =
        new AgentSandboxDiscovery(kubernetes, config.agentSandbox(), () -> lookAtPoliciesOf(null));
    pool =
        new PoolController(
            kubernetes,
            pods,
            new Leases(database),
            agentSandbox::isServed,
            () -> publicKeys(config.signingPublicFile()),
            clock);
    ApiIdentity identity =
        new ApiIdentity(config.namespace(), config.apiServiceAccount(), OPERATOR_ACCOUNT);
    canaries =
        new Canaries(
            kubernetes, identity, config.canaryInterval(), clock, () -> lookAtPoliciesOf(null));
    canaryFigures = new CanaryFigures(canaries, metrics, clock);
    Policies resolution =
        new Policies(
            runtimeClasses::find,
            netCanary,
            egress,
            agentSandbox,
            canaries,
            config.sandboxImage(),
            config.allowImageTags());
    policies =
        new SandboxPolicyReconciler(
            resolution, neighbours::policyCounts, policySignal, events, metrics, clock);
    tenants =
        new TenantReconciler(
            new TenantSteps(
                new TenantSteps.Parts(
                    kubernetes,
                    tenantRows,
                    new Adoptions(database, cluster.uid()),
                    schemas,
                    new LoginSecrets(kubernetes, config.loginNamespace(), config.database().url()),
                    cluster,
                    new IsolationSelfTest(probe),
                    resolution,
                    config.plans(),
                    pool,
                    pods,
                    new DedicatedStep(
                        kubernetes,
                        dedicated,
                        migrations(config),
                        () -> DatabaseIdentity.of(provisioner),
                        clock),
                    schemaVersion),
                identity,
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
                config.plans(),
                Pepper.load(config.pepperDir()),
                config.apiUrl(),
                mailServer(config).map(server -> new Mailer(server, clock)),
                metrics::notice,
                config.resync()),
            tenantSignal::look,
            new Signal<ApiKey>("key-signal"),
            events,
            metrics,
            halt,
            clock);
    purges =
        new PurgeController(
            new Purges(database),
            new DedicatedPurge(
                new DedicatedTenants(database), dedicated, () -> DatabaseIdentity.of(provisioner)),
            new Acknowledgement(kubernetes, config.namespace()),
            result -> metrics.purged(result.tag()),
            metrics::purgeBreaker,
            halt);
    metrics.purgeResults(PurgeController.Result.tags());
    controllers = new Controllers(config, kubernetes, metrics, this::lead);
    neighbours.registerGauges();
    metrics.leads(() -> leads);
    metrics.informer("Pod", pods::isHealthy);
  }

  /** Watches first, then controllers, so that the first look sees everything. */
  void start() {
    pods.start(this::podChanged);
    runtimeClasses.start(this::lookAtPoliciesOf);
    netCanary.poll();
    egress.poll();
    agentSandbox.poll();
    controllers.register(tenants, policies, keys);
    controllers.start();
  }

  void pollNetCanary() {
    netCanary.poll();
  }

  void pollEgress() {
    egress.poll();
  }

  void pollAgentSandbox() {
    agentSandbox.poll();
  }

  /** Pods of canaries are the leader's alone. */
  void canaries() {
    if (leads) {
      Map<String, ResolvedPolicy> resolved = policies.resolved();
      canaries.step(resolved.values());
      canaryFigures.show(resolved);
    }
  }

  /** One process tells of the keys that end. */
  void keyExpiries() {
    if (leads) {
      neighbours.keyExpiries();
    }
  }

  /** Data ends by the leader's hand alone. */
  void purge() {
    if (leads) {
      purges.run();
    }
  }

  /** The months to come, before they come. */
  void partition() {
    if (leads) {
      int made = schemas.ensurePartitions();
      if (made > 0) {
        log.info("{} partitions made", made);
      }
    }
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

  private void lead() {
    leads = true;
    pool.start();
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

  private static Optional<MailServer> mailServer(OperatorConfig config) {
    return config
        .smtp()
        .map(smtp ->
            new MailServer(
                smtp.host(),
                smtp.port(),
                MailServer.Security.valueOf(smtp.tls().toUpperCase(Locale.ROOT)),
                smtp.from(),
                smtp.credentials()));
  }

  private static MigrationSettings migrations(OperatorConfig config) {
    return new MigrationSettings(
        config.namespace(),
        config.image().orElse(""),
        config.dedicated().imagePullPolicy(),
        config.dedicated().imagePullSecrets());
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
  static void endOldLeader() {
    log.error("another process leads since; this one ends");
    Runtime.getRuntime().halt(1);
  }
}

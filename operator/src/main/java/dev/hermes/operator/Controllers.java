package dev.hermes.operator;

import dev.hermes.crds.Names;
import dev.hermes.operator.apikey.ApiKeyReconciler;
import dev.hermes.operator.config.OperatorConfig;
import dev.hermes.operator.health.OperatorMetrics;
import dev.hermes.operator.health.ReconcileMetrics;
import dev.hermes.operator.kube.TrimmedStore;
import dev.hermes.operator.sandboxpolicy.SandboxPolicyReconciler;
import dev.hermes.operator.tenant.TenantReconciler;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.javaoperatorsdk.operator.processing.event.rate.LinearRateLimiter;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The framework's settings: retries without end, a look at least once in the resync period, one
 * leader.
 */
final class Controllers {
  static final String LEASE = "hermes-operator";
  static final Duration LEASE_DURATION = Duration.ofSeconds(15);

  private static final Logger log = LoggerFactory.getLogger(Controllers.class);
  private static final int THREADS = 6;
  private static final Duration STOP = Duration.ofSeconds(15);

  private final OperatorConfig config;
  private final Operator operator;
  private final Runnable onLead;

  Controllers(
      OperatorConfig config,
      KubernetesClient kubernetes,
      OperatorMetrics metrics,
      Runnable onLead) {
    this.config = config;
    this.onLead = onLead;
    this.operator =
        new Operator(overrider -> {
          overrider
              .withKubernetesClient(kubernetes)
              .withMetrics(
                  new ReconcileMetrics(metrics.registry(), config.resync(), Clock.systemUTC()))
              .withConcurrentReconciliationThreads(THREADS)
              .withConcurrentWorkflowExecutorThreads(1)
              .withReconciliationTerminationTimeout(STOP)
              .withCacheSyncTimeout(Duration.ofMinutes(2))
              .withUseSSAToPatchPrimaryResource(true);
          if (config.leaderElection()) {
            lead(overrider);
          }
        });
  }

  void register(TenantReconciler tenants, SandboxPolicyReconciler policies, ApiKeyReconciler keys) {
    operator.register(
        tenants,
        controller ->
            common(controller.withName("tenant"), Names.TENANT_FIELD_MANAGER)
                .withFinalizer(Names.TENANT_FINALIZER));
    operator.register(
        policies,
        controller -> common(controller.withName("sandboxpolicy"), Names.POLICY_FIELD_MANAGER));
    operator.register(
        keys,
        controller ->
            common(controller.withName("apikey"), Names.APIKEY_FIELD_MANAGER)
                .withFinalizer(Names.APIKEY_FINALIZER));
  }

  /** Returns when the caches are filled; with leader election the work begins when this leads. */
  void start() {
    operator.installShutdownHook(STOP);
    operator.start();
    if (!config.leaderElection()) {
      onLead.run();
    }
  }

  boolean areHealthy() {
    return operator.getRuntimeInfo().isStarted()
        && operator.getRuntimeInfo().allEventSourcesAreHealthy();
  }

  private void lead(ConfigurationServiceOverrider overrider) {
    overrider.withLeaderElectionConfiguration(
        LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
            .withLeaseNamespace(config.namespace())
            .withIdentity(config.podName())
            .withLeaseDuration(LEASE_DURATION)
            .withRenewDeadline(Duration.ofSeconds(10))
            .withRetryPeriod(Duration.ofSeconds(2))
            .withLeaderCallbacks(
                new LeaderCallbacks(
                    () -> {
                      log.info("this process leads");
                      onLead.run();
                    },
                    () -> log.info("this process leads no more"),
                    leader -> log.info("{} leads", leader)))
            .build());
  }

  /** Nobody reads who owns which field, and it is the larger half of a small object. */
  private static <R extends HasMetadata> R withoutManagedFields(R resource) {
    resource.getMetadata().setManagedFields(List.of());
    return resource;
  }

  private <R extends HasMetadata> ControllerConfigurationOverrider<R> common(
      ControllerConfigurationOverrider<R> controller, String fieldManager) {
    return controller
        .withFieldManager(fieldManager)
        .withItemStore(new TrimmedStore<>(Controllers::withoutManagedFields))
        .withRetry(
            new GenericRetry()
                .withoutMaxAttempts()
                .setInitialInterval(2_000)
                .setIntervalMultiplier(1.5)
                .setMaxInterval(Duration.ofMinutes(5).toMillis()))
        .withRateLimiter(new LinearRateLimiter(Duration.ofSeconds(1), 5))
        .withReconciliationMaxInterval(config.resync());
  }
}

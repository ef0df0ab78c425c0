package dev.hermes.operator;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.database.access.Pools;
import dev.hermes.operator.config.OperatorConfig;
import dev.hermes.operator.health.ManagementServer;
import dev.hermes.operator.health.OperatorMetrics;
import dev.hermes.operator.health.Readiness;
import dev.hermes.operator.kube.LeaseGuard;
import dev.hermes.operator.provision.StartChecks;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operator's process: settings, database, start checks, controllers. Wiring only. */
public final class Main {
  private static final Logger log = LoggerFactory.getLogger(Main.class);

  private Main() {}

  public static void main(String[] args) {
    try {
      start(OperatorConfig.fromEnvironment());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      log.error("the operator does not start: {}", e.getMessage(), e);
      // threads of pools and clients must not keep a failed process alive
      System.exit(1);
    }
  }

  @SuppressWarnings("resource") // they live as long as the process
  private static void start(OperatorConfig config) throws InterruptedException {
    OperatorMetrics metrics = new OperatorMetrics();
    metrics.watchJvm();
    Readiness readiness = new Readiness();
    new ManagementServer(config.managementPort(), readiness, metrics::scrape);

    HikariDataSource provisioner = pool(config, "provisioner", 4);
    HikariDataSource probe = pool(config, "probe", 1);
    StartChecks checks = new StartChecks(provisioner, probe);
    int schemaVersion = checks.await();

    KubernetesClient kubernetes = client(config);
    Wiring wiring = new Wiring(config, kubernetes, provisioner, probe, metrics, schemaVersion);
    wiring.start();
    Upkeep upkeep = new Upkeep(provisioner, checks, metrics, wiring);
    upkeep.start();
    readiness.readyWhen(() -> wiring.isHealthy() && upkeep.databaseAnswers());
    readiness.aliveWhile(wiring::isAlive);
    log.info("the operator runs; schema version {}", schemaVersion);
  }

  private static KubernetesClient client(OperatorConfig config) {
    KubernetesClientBuilder client = new KubernetesClientBuilder();
    if (config.leaderElection()) {
      client.withHttpClientBuilderConsumer(http ->
          http.addOrReplaceInterceptor(
              "lease",
              new LeaseGuard(
                  Controllers.LEASE,
                  Controllers.LEASE_DURATION,
                  System::nanoTime,
                  Wiring::endOldLeader)));
    }
    return client.build();
  }

  private static HikariDataSource pool(OperatorConfig config, String role, int size) {
    return Pools.autoCommit(
        config.database().url(),
        "hermes_" + role,
        config.database().passwordDir().resolve(role),
        size,
        "hermes-operator-" + role);
  }
}

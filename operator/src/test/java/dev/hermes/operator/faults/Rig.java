package dev.hermes.operator.faults;

import dev.hermes.operator.cluster.Cluster;
import dev.hermes.operator.cluster.NetCanaryServer;
import dev.hermes.operator.cluster.OperatorProcess;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One operator process with a proxy before each of its two servers. */
final class Rig implements AutoCloseable {
  private final Cluster cluster = Cluster.get();
  private final FaultPlan plan = new FaultPlan(this::kill);
  private final ApiProxy api;
  private final SqlProxy sql;
  private final NetCanaryServer canary = new NetCanaryServer();
  private final Map<String, String> environment = new HashMap<>();
  private volatile @Nullable OperatorProcess operator;

  Rig() {
    this(Map.of());
  }

  /**
   * @param more of the operator's environment
   */
  Rig(Map<String, String> more) {
    URI database = URI.create(cluster.database().url().substring("jdbc:".length()));
    api = new ApiProxy(plan, cluster.apiPort(), cluster.operatorKubeconfig(), cluster.dir());
    sql = new SqlProxy(plan, database.getPort());
    environment.put("KUBECONFIG", api.kubeconfig().toString());
    environment.put(
        "HERMES_DB_URL",
        cluster.database().url().replace(":" + database.getPort() + "/", ":" + sql.port() + "/"));
    environment.put("HERMES_NETCANARY_URL", canary.url());
    environment.putAll(more);
  }

  Cluster cluster() {
    return cluster;
  }

  KubernetesClient kubernetes() {
    return cluster.kubernetes();
  }

  FaultPlan plan() {
    return plan;
  }

  ApiProxy api() {
    return api;
  }

  SqlProxy sql() {
    return sql;
  }

  /** Starts the process; returns at once. */
  OperatorProcess launch() {
    OperatorProcess started = cluster.operator(environment);
    operator = started;
    return started;
  }

  void start() {
    launch().awaitReady();
  }

  /** A process that was killed, or ended by itself, is followed by the next. */
  void keepRunning() {
    OperatorProcess last = operator;
    if (last == null || !last.isAlive()) {
      start();
    }
  }

  void kill() {
    OperatorProcess last = operator;
    if (last != null) {
      last.kill();
    }
  }

  OperatorProcess operator() {
    OperatorProcess last = operator;
    if (last == null) {
      throw new IllegalStateException("not started");
    }
    return last;
  }

  @Override
  public void close() {
    OperatorProcess last = operator;
    if (last != null && last.isAlive()) {
      last.close();
    }
    api.close();
    sql.close();
    canary.close();
  }
}

package dev.hermes.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Names;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.operator.cluster.Cluster;
import dev.hermes.operator.kube.Conditions;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Two replicas, one lease of 15 s; each has a proxy of its own, which knows what it wrote. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class TwoOperatorsClusterIT {
  /** Requirement K8S-10 allows 30 s; the lease and its retries come to less. */
  private static final Duration TAKE_OVER = Duration.ofSeconds(20);

  /** Beyond the lease in any case. */
  private static final Duration PAUSE = Duration.ofSeconds(Stage.FULL ? 60 : 25);

  private static final Duration SETTLED = Duration.ofMillis(2500);

  private final KubernetesClient kubernetes = Cluster.get().kubernetes();
  private final Rig first = new Rig(Map.of("HERMES_LEADER_ELECTION", "true", "POD_NAME", "one"));
  private final Rig second = new Rig(Map.of("HERMES_LEADER_ELECTION", "true", "POD_NAME", "two"));
  private final FakeKubelet kubelet = new FakeKubelet(kubernetes);
  private final List<HasMetadata> made = new ArrayList<>();

  @BeforeEach
  void start() {
    first.start();
    make("warm-up");
    Awaitility.await("the first leads")
        .atMost(Duration.ofSeconds(60))
        .until(() -> first.api().firstWrite().isPresent() && areReady());
    second.start();
  }

  @AfterEach
  void stop() {
    made.forEach(object -> kubernetes.resource(object).delete());
    Awaitility.await("tenants gone")
        .atMost(Duration.ofSeconds(60))
        .until(() -> made.stream().allMatch(object -> kubernetes.resource(object).get() == null));
    kubelet.close();
    first.kill(); // it may be stopped
    first.close();
    second.close();
  }

  @Test
  @DisplayName("K8S-10 the leader is killed: the other one acts within 20 s")
  void killed() {
    assertThat(second.api().firstWrite()).as("writes of the one that waits").isEmpty();
    first.kill();
    Instant killed = Instant.now();
    make("after-kill");

    Awaitility.await("all Ready").atMost(Duration.ofSeconds(60)).until(this::areReady);

    assertThat(firstAct(second, killed, "leader killed")).isLessThanOrEqualTo(TAKE_OVER);
  }

  @Test
  @DisplayName(
      "K8S-10 TEN-13 the leader is paused beyond its lease and wakes up: it does no harm and ends")
  void paused() throws IOException {
    AuditLog audit = new AuditLog(Cluster.get().auditLog());
    audit.mark();
    // it is stopped in the middle of this
    for (int i = 0; i < 8; i++) {
      make("in-hand-" + i);
    }
    signal("STOP", first);
    Instant stopped = Instant.now();
    for (int i = 0; i < 4; i++) {
      make("meanwhile-" + i);
    }
    Awaitility.await("all Ready").atMost(Duration.ofSeconds(60)).until(this::areReady);
    assertThat(firstAct(second, stopped, "leader paused")).isLessThanOrEqualTo(TAKE_OVER);
    Awaitility.await("the pause")
        .atMost(PAUSE.plusSeconds(30))
        .until(() -> Instant.now().isAfter(stopped.plus(PAUSE)) && second.plan().isQuiet(SETTLED));
    Map<String, String> before = versions();

    signal("CONT", first);

    Awaitility.await("the old leader ends")
        .atMost(Duration.ofSeconds(30))
        .until(() -> !first.operator().isAlive());
    assertThat(versions()).as("nothing was written by the old leader").isEqualTo(before);
    assertThat(audit.writes(new Normal("two")))
        .as("nothing was made twice")
        .allSatisfy((write, count) -> {
          if (write.startsWith("create ")) {
            assertThat(count).as(write).isEqualTo(1);
          }
        });
  }

  private void make(String name) {
    made.add(kubernetes.resource(Cluster.tenant("two-" + name)).create());
  }

  private boolean areReady() {
    return made.stream()
        .allMatch(object -> {
          Tenant live =
              kubernetes.resources(Tenant.class).withName(object.getMetadata().getName()).get();
          return live.getStatus() != null
              && Conditions.isTrue(live.getStatus().conditions(), ConditionType.Ready);
        });
  }

  private static Duration firstAct(Rig rig, Instant since, String what) {
    Duration after = Duration.between(since, rig.api().firstWrite().orElseThrow());
    System.out.printf("%s, first act of the other after %.1f s%n", what, after.toMillis() / 1000.0);
    return after;
  }

  /** Of everything that an operator writes. */
  private Map<String, String> versions() {
    Map<String, String> versions = new TreeMap<>();
    kubernetes
        .resources(Tenant.class)
        .list()
        .getItems()
        .forEach(
            it -> versions.put(it.getMetadata().getName(), it.getMetadata().getResourceVersion()));
    kubernetes
        .resources(Namespace.class)
        .withLabel(Names.MANAGED_BY, Names.MANAGED_BY_OPERATOR)
        .list()
        .getItems()
        .forEach(
            it -> versions.put(it.getMetadata().getName(), it.getMetadata().getResourceVersion()));
    versions.put(
        "rows",
        Cluster.get()
            .sql(
                "select string_agg(tenant_id || updated_at::text || fence, ' ' order by tenant_id) from hermes.tenants"));
    return versions;
  }

  private static void signal(String name, Rig rig) throws IOException {
    Process kill =
        new ProcessBuilder("kill", "-" + name, Long.toString(rig.operator().pid())).start();
    try {
      assertThat(kill.waitFor()).isZero();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}

package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.operator.kube.Conditions;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicyBindingBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicyBuilder;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Whether a Tenant that fails for ever makes the others wait. Each round times the others three
 * times: clean, beside the poisoned one, clean; the order turns from round to round. Run by {@code
 * bench/scale.sh}; asserts only that the poison works.
 */
class PoisonBench {
  private static final int ROUNDS = Integer.getInteger("hermes.bench.rounds", 7);
  private static final int TENANTS = 60;
  private static final String POISON = "poisoned";

  private static Cluster cluster;

  /** Medians of one round, in milliseconds from create to Ready. */
  private record Round(double clean, double poisoned, double cleanAgain) {
    double ratio() {
      return poisoned / ((clean + cleanAgain) / 2);
    }

    /** What two runs without a difference differ by. */
    double spread() {
      return cleanAgain / clean;
    }
  }

  @BeforeAll
  static void start() {
    cluster = Cluster.fresh();
    cluster.kubernetes().resource(Cluster.policy(POISON)).create();
    refuseItsNamespace();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  /** As a policy of the cluster's owner might: the operator's write is refused each time. */
  private static void refuseItsNamespace() {
    cluster
        .kubernetes()
        .resource(
            new ValidatingAdmissionPolicyBuilder()
                .withNewMetadata()
                .withName(POISON)
                .endMetadata()
                .withNewSpec()
                .withFailurePolicy("Fail")
                .withNewMatchConstraints()
                .addNewResourceRule()
                .withApiGroups("")
                .withApiVersions("v1")
                .withOperations("CREATE", "UPDATE")
                .withResources("namespaces")
                .endResourceRule()
                .endMatchConstraints()
                .addNewValidation()
                .withExpression("!object.metadata.name.startsWith('hermes-" + POISON + "-')")
                .endValidation()
                .endSpec()
                .build())
        .create();
    cluster
        .kubernetes()
        .resource(
            new ValidatingAdmissionPolicyBindingBuilder()
                .withNewMetadata()
                .withName(POISON)
                .endMetadata()
                .withNewSpec()
                .withPolicyName(POISON)
                .withValidationActions("Deny")
                .endSpec()
                .build())
        .create();
  }

  @Test
  @DisplayName("K8S-10 one Tenant that fails for ever, and the others' time to Ready")
  void poisoned() {
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      median("warm", false); // a fresh JVM is slower
      List<Round> rounds = new ArrayList<>();
      for (int i = 0; i < ROUNDS; i++) {
        rounds.add(round(i));
        print(rounds);
      }
      assertThat(operator.isAlive()).isTrue();
    }
  }

  private static Round round(int i) {
    double[] medians = new double[3];
    for (int turn = 0; turn < 3; turn++) {
      int place = (i + turn) % 3;
      medians[place] = median("r%d-%d".formatted(i, place), place == 1);
    }
    return new Round(medians[0], medians[1], medians[2]);
  }

  private static double median(String run, boolean beside) {
    Tenant poison = Cluster.tenant(POISON, POISON);
    if (beside) {
      cluster.kubernetes().resource(poison).create();
      cluster.awaitReason(poison, ConditionType.Ready, "ApplyRefused");
    }
    double median = median(times(run));
    if (beside) {
      assertThat(
              Cluster.reason(cluster.tenant(poison).getStatus().conditions(), ConditionType.Ready))
          .as("still poisoned")
          .contains("ApplyRefused");
      cluster.delete(poison);
    }
    return median;
  }

  /** Creates the Tenants one after another, as fast as each is answered, and times each. */
  private static List<Double> times(String run) {
    Map<String, Long> ready = new ConcurrentHashMap<>();
    Map<String, Long> created = new ConcurrentHashMap<>();
    List<Tenant> tenants = new ArrayList<>();
    try (Watch watch =
        cluster.kubernetes().resources(Tenant.class).watch(new ReadyWatch(run, ready))) {
      for (int i = 0; i < TENANTS; i++) {
        Tenant tenant = Cluster.tenant(String.format(Locale.ROOT, "p-%s-%02d", run, i));
        created.put(tenant.getMetadata().getName(), System.nanoTime());
        tenants.add(cluster.kubernetes().resource(tenant).create());
      }
      Cluster.eventually("all of run " + run + " Ready", () -> ready.size() == TENANTS);
    }
    tenants.forEach(cluster::delete);
    return created.entrySet().stream()
        .map(entry -> (ready.get(entry.getKey()) - entry.getValue()) / 1e6)
        .toList();
  }

  /** Notes when each Tenant of a run is first seen Ready. */
  private record ReadyWatch(String run, Map<String, Long> ready) implements Watcher<Tenant> {
    @Override
    public void eventReceived(Action action, Tenant tenant) {
      if (tenant.getMetadata().getName().startsWith("p-" + run + "-")
          && tenant.getStatus() != null
          && Conditions.isTrue(tenant.getStatus().conditions(), ConditionType.Ready)) {
        ready.putIfAbsent(tenant.getMetadata().getName(), System.nanoTime());
      }
    }

    @Override
    public void onClose(WatcherException cause) {
      throw new IllegalStateException("the watch ended within a run", cause);
    }
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }

  private static void print(List<Round> rounds) {
    say("");
    say(
        "%-8s %14s %14s %14s %10s %14s",
        "round", "clean, ms", "poisoned, ms", "clean, ms", "ratio", "clean/clean");
    for (int i = 0; i < rounds.size(); i++) {
      Round round = rounds.get(i);
      say(
          "%-8d %14.1f %14.1f %14.1f %10.3f %14.3f",
          i + 1,
          round.clean(),
          round.poisoned(),
          round.cleanAgain(),
          round.ratio(),
          round.spread());
    }
    double ratio = median(rounds.stream().map(Round::ratio).toList());
    say(
        "the others' median time to Ready beside a poisoned Tenant: %.3f of a clean run (bar <= 1.05%s);"
            + " clean to clean: %.3f to %.3f; load %.1f",
        ratio,
        ratio <= 1.05 ? ", ok" : ", OVERDUE",
        rounds.stream().mapToDouble(Round::spread).min().orElseThrow(),
        rounds.stream().mapToDouble(Round::spread).max().orElseThrow(),
        ScaleFigures.load());
  }

  private static void say(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}

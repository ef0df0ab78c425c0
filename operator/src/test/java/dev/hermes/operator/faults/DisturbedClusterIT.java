package dev.hermes.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.testing.TestDatabase;
import dev.hermes.operator.cluster.Cluster;
import dev.hermes.operator.faults.Run.Disturbance;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * What goes wrong for longer than one write: watches and lists that lie, a database that is away,
 * slow or read-only. Each phase of the script meets one; in full every phase meets every one.
 */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class DisturbedClusterIT {
  private static final long A_WHILE = 3_000;

  private static Stage stage;

  @BeforeAll
  static void start() {
    stage = new Stage();
    stage.reference();
  }

  @AfterAll
  static void stop() {
    stage.close();
  }

  @Test
  @DisplayName("K8S-10 watches cut, expired (410) and late, and lists of the past: the same end")
  void watches() {
    Map<String, Disturbance> all = new LinkedHashMap<>();
    all.put("watches cut", DisturbedClusterIT::cut);
    all.put("watches expired", DisturbedClusterIT::expired);
    all.put("events late", DisturbedClusterIT::late);
    all.put("lists of the past", DisturbedClusterIT::past);

    passes(all);

    WatchFaults watches = stage.rig().api().watches();
    assertThat(watches.open()).as("watches seen").isPositive();
    assertThat(watches.expired()).as("watches expired").isPositive();
    assertThat(watches.staleServed()).as("old lists served").isPositive();
  }

  @Test
  @DisplayName("K8S-10 PostgreSQL down, down at start, silent, slow, read-only: the same end")
  void database() {
    Map<String, Disturbance> all = new LinkedHashMap<>();
    all.put("database down", (rig, act) -> network(rig, act, SqlProxy.Network.DOWN));
    all.put("database silent", (rig, act) -> network(rig, act, SqlProxy.Network.BLACK_HOLE));
    all.put("database slow", (rig, act) -> network(rig, act, SqlProxy.Network.SLOW));
    all.put("database read-only", DisturbedClusterIT::readOnly);
    all.put("database down at start", DisturbedClusterIT::downAtStart);

    passes(all);
  }

  private static void passes(Map<String, Disturbance> all) {
    List<String> names = List.copyOf(all.keySet());
    List<String> problems = new ArrayList<>();
    for (int pass = 0; pass < (Stage.FULL ? names.size() : 1); pass++) {
      Run run = new Run(stage.rig());
      for (int i = 0; i < Script.PHASES.size(); i++) {
        Script.Phase phase = Script.PHASES.get(i);
        String name = names.get((int) ((Stage.SEED + pass + i) % names.size()));
        Run.Verdict verdict = run.check(phase, stage.reference().phases().get(i), all.get(name));
        System.out.printf("%-32s %s%n", phase.name(), name);
        if (!verdict.problems().isEmpty()) {
          problems.add(phase.name() + ", " + name + ": " + verdict.problems());
          System.out.println("PROBLEM " + problems.getLast());
          run.clear();
          break;
        }
      }
    }
    assertThat(problems).as("seed %d", Stage.SEED).isEmpty();
  }

  private static void cut(Rig rig, Runnable act) {
    try {
      rig.api().watches().cut();
      act.run();
      pause(300);
      rig.api().watches().cut();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void expired(Rig rig, Runnable act) {
    WatchFaults watches = rig.api().watches();
    int before = watches.expired();
    watches.expireNext(20);
    cut(rig, act);
    Awaitility.await("a watch that expires")
        .atMost(Duration.ofSeconds(20))
        .until(() -> watches.expired() > before);
    watches.expireNext(0);
  }

  private static void late(Rig rig, Runnable act) {
    rig.api().watches().hold();
    act.run();
    pause(A_WHILE);
    rig.api().watches().release();
  }

  /** A new process that is told what was true before the act, and for a while nothing else. */
  private static void past(Rig rig, Runnable act) {
    rig.kill();
    rig.api().watches().recordLists();
    rig.start();
    act.run();
    pause(A_WHILE);
    rig.kill();
    rig.api().watches().serveStale();
    rig.api().watches().hold();
    rig.start();
    pause(A_WHILE);
    rig.api().watches().release();
  }

  private static void network(Rig rig, Runnable act, SqlProxy.Network network) {
    rig.sql().set(network);
    act.run();
    pause(A_WHILE);
    rig.sql().set(SqlProxy.Network.UP);
  }

  private static void readOnly(Rig rig, Runnable act) {
    readOnly(rig.cluster(), "on");
    rig.sql().cut();
    act.run();
    pause(A_WHILE);
    readOnly(rig.cluster(), "off");
    rig.sql().cut();
  }

  /** As after a failover to a standby that is not promoted yet. */
  private static void readOnly(Cluster cluster, String value) {
    TestDatabase database = cluster.database();
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement()) {
      statement.execute("set default_transaction_read_only = off");
      statement.execute(
          "alter database \""
              + database.name()
              + "\" set default_transaction_read_only = "
              + value);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void downAtStart(Rig rig, Runnable act) {
    rig.kill();
    rig.sql().set(SqlProxy.Network.DOWN);
    rig.launch();
    act.run();
    pause(A_WHILE);
    assertThat(rig.operator().status("/health/ready")).as("without a database").isNotEqualTo(200);
    rig.sql().set(SqlProxy.Network.UP);
    rig.operator().awaitReady();
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}

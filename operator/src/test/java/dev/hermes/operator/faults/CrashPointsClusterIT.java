package dev.hermes.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Every write of the operator is a point at which it may die or be told a lie. Bounded: a sample,
 * by a seed that is printed; in full with {@code make faults}.
 */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class CrashPointsClusterIT {
  private static final int SAMPLE = 1;
  private static final List<Fault> KILLS = List.of(Fault.KILL_BEFORE, Fault.KILL_AFTER);
  private static final List<Fault> LIES =
      List.of(
          Fault.CONFLICT,
          Fault.SERVER_ERROR,
          Fault.TOO_MANY,
          Fault.DROP_BEFORE,
          Fault.DROP_AFTER,
          Fault.DUPLICATE,
          Fault.DELAY);

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
  @DisplayName(
      "K8S-4 K8S-10 TEN-13 killed before and after a write: the same end, nothing made twice")
  void killed() {
    drill(KILLS);
  }

  @Test
  @DisplayName("K8S-10 a write refused, cut off, doubled or late: the same end, nothing made twice")
  void refused() {
    drill(LIES);
  }

  @Test
  @DisplayName("K8S-10 a conflict that is not about the name or the UID is tried again")
  void otherConflicts() {
    Drill drill = new Drill(stage.rig(), stage.reference());
    for (int phase = 0; phase < Script.PHASES.size(); phase++) {
      for (WritePoint point : stage.reference().phases().get(phase).points()) {
        boolean named =
            point.name().startsWith("POST secrets/")
                || point.name().startsWith("POST namespaces/")
                || point.name().startsWith("DELETE secrets/");
        if (named && point.occurrence() == 1) {
          drill.plan(phase, point, Fault.CONFLICT);
        }
      }
    }
    assertThat(drill.planned()).as("creates and deletes by name").isGreaterThanOrEqualTo(4);

    drill.run();

    assertThat(drill.problems()).isEmpty();
    assertThat(drill.notReached()).isEmpty();
  }

  private static void drill(List<Fault> faults) {
    Drill drill = new Drill(stage.rig(), stage.reference());
    Random random = new Random(Stage.SEED);
    for (int phase = 0; phase < Script.PHASES.size(); phase++) {
      List<Run.Planned> all = new ArrayList<>();
      for (WritePoint point : stage.reference().phases().get(phase).points()) {
        if (Stage.FULL && faults == KILLS || point.occurrence() == 1) {
          faults.stream()
              .filter(fault -> fault.fitsSql() || !point.isSql())
              .forEach(fault -> all.add(new Run.Planned(point, fault)));
        }
      }
      Collections.shuffle(all, random);
      for (Run.Planned planned : Stage.FULL ? all : all.subList(0, Math.min(SAMPLE, all.size()))) {
        drill.plan(phase, planned.point(), planned.fault());
      }
    }
    int all = drill.planned();
    drill.run();
    System.out.println("not reached: " + drill.notReached());
    assertThat(drill.problems()).as("seed %d", Stage.SEED).isEmpty();
    assertThat(drill.notReached())
        .as("faults whose write did not come")
        .hasSizeLessThanOrEqualTo(all / 10);
  }
}

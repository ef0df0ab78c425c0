package dev.hermes.operator.faults;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What the script comes to when nothing goes wrong: the measure of all other runs. */
record Reference(List<Run.Result> phases) {

  /**
   * Runs the script undisturbed. Points that are not in every run, since two controllers may be in
   * another order, are no measure and are left out.
   *
   * @param times the runs; more than one also proves that two equal runs have equal states
   */
  static Reference of(Rig rig, int times) {
    Reference reference = once(rig);
    for (int i = 1; i < times; i++) {
      reference = reference.inCommonWith(once(rig));
    }
    return reference;
  }

  int points() {
    return phases.stream().mapToInt(phase -> phase.points().size()).sum();
  }

  private static Reference once(Rig rig) {
    Run run = new Run(rig);
    List<Run.Result> phases = new ArrayList<>();
    for (Script.Phase phase : Script.PHASES) {
      phases.add(run.record(phase));
    }
    return new Reference(phases);
  }

  private Reference inCommonWith(Reference other) {
    List<Run.Result> common = new ArrayList<>();
    for (int i = 0; i < phases.size(); i++) {
      Run.Result mine = phases.get(i);
      Run.Result theirs = other.phases.get(i);
      List<String> differences = theirs.state().differences(mine.state());
      if (!differences.isEmpty()) {
        throw new IllegalStateException(
            "two undisturbed runs differ after "
                + Script.PHASES.get(i).name()
                + ": "
                + differences);
      }
      Set<WritePoint> both = new HashSet<>(theirs.points());
      common.add(
          new Run.Result(
              mine.state(),
              mine.points().stream().filter(both::contains).toList(),
              most(mine.writes(), theirs.writes())));
    }
    return new Reference(common);
  }

  private static Map<String, Integer> most(Map<String, Integer> a, Map<String, Integer> b) {
    Map<String, Integer> most = new TreeMap<>(a);
    b.forEach((write, count) -> most.merge(write, count, Math::max));
    return most;
  }
}

package dev.hermes.operator.faults;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs the script until every planned fault has happened, one fault a phase at most: what follows a
 * fault is awaited and judged before the next.
 */
final class Drill {
  private final Rig rig;
  private final Reference reference;
  private final List<Deque<Run.Planned>> plans = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private final Map<Fault, int[]> counts = new EnumMap<>(Fault.class);
  private final List<String> notReached = new ArrayList<>();
  private int done;

  Drill(Rig rig, Reference reference) {
    this.rig = rig;
    this.reference = reference;
    Script.PHASES.forEach(phase -> plans.add(new ArrayDeque<>()));
  }

  void plan(int phase, WritePoint point, Fault fault) {
    if (fault.fitsSql() || !point.isSql()) {
      plans.get(phase).add(new Run.Planned(point, fault));
    }
  }

  int planned() {
    return plans.stream().mapToInt(Deque::size).sum();
  }

  List<String> problems() {
    return problems;
  }

  /** Planned faults whose write did not come: the operator had another way to the same end. */
  List<String> notReached() {
    return notReached;
  }

  void run() {
    int all = planned();
    long start = System.nanoTime();
    while (planned() > 0) {
      pass();
      System.out.printf(
          "faults: %d of %d, %d s, %d problems%n",
          done, all, (System.nanoTime() - start) / 1_000_000_000, problems.size());
    }
    System.out.printf("%-14s %8s %12s%n", "fault", "happened", "not reached");
    counts.forEach(
        (fault, count) -> System.out.printf("%-14s %8d %12d%n", fault, count[0], count[1]));
  }

  private void pass() {
    Run run = new Run(rig);
    for (int i = 0; i < Script.PHASES.size(); i++) {
      Script.Phase phase = Script.PHASES.get(i);
      Optional<Run.Planned> planned = Optional.ofNullable(plans.get(i).poll());
      Run.Verdict verdict = run.check(phase, reference.phases().get(i), planned);
      planned.ifPresent(it -> count(phase, it, verdict.fired()));
      if (!verdict.problems().isEmpty()) {
        String problem =
            phase.name()
                + ", "
                + planned.map(Object::toString).orElse("no fault")
                + ":\n  "
                + String.join("\n  ", verdict.problems());
        System.out.println("PROBLEM " + problem);
        problems.add(problem);
        run.clear();
        return;
      }
      if (plans.subList(i + 1, plans.size()).stream().allMatch(Deque::isEmpty)) {
        run.clear();
        return;
      }
    }
  }

  private void count(Script.Phase phase, Run.Planned planned, boolean fired) {
    done++;
    counts.computeIfAbsent(planned.fault(), fault -> new int[2])[fired ? 0 : 1]++;
    if (!fired) {
      notReached.add(phase.name() + ": " + planned);
    }
  }
}

package dev.hermes.operator.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** One pass of the script, with a name of its own. */
final class Run {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  /** Longer than the pool's turn and shorter than a look of one who waits. */
  private static final Duration SETTLED = Duration.ofMillis(2500);

  private static final Duration QUIET = Duration.ofMillis(600);
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Duration limit;
  private final Rig rig;
  private final Normal normal;
  private final Rows rows;
  private final Script script;
  private final AuditLog audit;

  /** What one phase came to. */
  record Result(EndState state, List<WritePoint> points, Map<String, Integer> writes) {}

  /** A fault at one write of one phase. */
  record Planned(WritePoint point, Fault fault) {
    @Override
    public String toString() {
      return fault + " at " + point;
    }
  }

  /** How a phase with a fault ended: the fault happened or not, and what is wrong. */
  record Verdict(boolean fired, List<String> problems) {}

  Run(Rig rig) {
    this(rig, LIMIT);
  }

  /**
   * @param limit of the wait for each phase
   */
  Run(Rig rig, Duration limit) {
    this.limit = limit;
    String name = "fault" + NUMBER.incrementAndGet();
    this.rig = rig;
    this.normal = new Normal(name);
    this.rows = new Rows(rig.cluster(), name, normal);
    this.script = new Script(rig.kubernetes(), name);
    this.audit = new AuditLog(rig.cluster().auditLog());
  }

  /** Undisturbed; waits until nothing moves any more. */
  Result record(Script.Phase phase) {
    begin(phase);
    long end = System.nanoTime() + limit.toNanos();
    while (System.nanoTime() < end) {
      if (rig.plan().isQuiet(SETTLED)) {
        EndState state = state();
        if (state.isSettled()) {
          return new Result(state, rig.plan().points(), audit.writes(normal));
        }
      }
      pause();
    }
    throw new IllegalStateException(phase.name() + " does not settle: " + state());
  }

  /** With a fault at one write, or without. */
  Verdict check(Script.Phase phase, Result expected, Optional<Planned> planned) {
    begin(phase, planned);
    return await(expected, planned, 1);
  }

  /** While something else goes wrong, before and after the act. */
  Verdict check(Script.Phase phase, Result expected, Disturbance disturbance) {
    audit.mark();
    rig.plan().begin(normal::text);
    disturbance.during(rig, () -> phase.act().accept(script));
    return await(expected, Optional.empty(), 3);
  }

  /** Does what somebody does while something goes wrong; everything works again when it returns. */
  interface Disturbance {
    void during(Rig rig, Runnable act);
  }

  /** Waits until all is as the undisturbed run left it. */
  private Verdict await(Result expected, Optional<Planned> planned, int repeats) {
    long end = System.nanoTime() + limit.toNanos();
    List<String> differences = List.of("not looked at");
    while (System.nanoTime() < end) {
      rig.keepRunning();
      boolean done = planned.isEmpty() || rig.plan().hasFired() || rig.plan().isQuiet(SETTLED);
      if (done && rig.plan().isQuiet(QUIET)) {
        differences = state().differences(expected.state());
        if (differences.isEmpty()) {
          List<String> problems =
              new ArrayList<>(Oracle.problems(expected.writes(), audit.writes(normal), repeats));
          return new Verdict(rig.plan().hasFired(), problems);
        }
      }
      pause();
    }
    return new Verdict(rig.plan().hasFired(), differences);
  }

  /** Ends the run here: everything is deleted, by the operator if it can. */
  void clear() {
    script.deleteAll();
    long end = System.nanoTime() + LIMIT.toNanos();
    boolean forced = false;
    while (!state().isEmpty() || !rig.plan().isQuiet(QUIET)) {
      rig.keepRunning();
      if (!forced && System.nanoTime() > end) {
        script.force();
        forced = true;
      }
      pause();
    }
  }

  private void begin(Script.Phase phase) {
    begin(phase, Optional.empty());
  }

  private void begin(Script.Phase phase, Optional<Planned> planned) {
    audit.mark();
    rig.plan().begin(normal::text);
    planned.ifPresent(it -> rig.plan().arm(it.point(), it.fault()));
    phase.act().accept(script);
  }

  private EndState state() {
    return EndState.of(rig.kubernetes(), rows, normal);
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}

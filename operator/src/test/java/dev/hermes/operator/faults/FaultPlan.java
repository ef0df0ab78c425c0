package dev.hermes.operator.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Numbers the writes that pass the proxies and says which one meets a fault. */
final class FaultPlan {
  private record Armed(WritePoint point, Fault fault) {}

  private final Map<String, Integer> seen = new HashMap<>();
  private final List<WritePoint> points = new ArrayList<>();
  private final Runnable kill;
  private UnaryOperator<String> normal = name -> name;
  private Optional<Armed> armed = Optional.empty();
  private boolean fired;
  private long lastWrite = System.nanoTime();

  /**
   * @param kill ends the operator's process and returns when it is dead
   */
  FaultPlan(Runnable kill) {
    this.kill = kill;
  }

  /** A new phase: counts from 1 again, no fault. */
  synchronized void begin(UnaryOperator<String> normal) {
    this.normal = normal;
    seen.clear();
    points.clear();
    armed = Optional.empty();
    fired = false;
    lastWrite = System.nanoTime();
  }

  synchronized void arm(WritePoint point, Fault fault) {
    armed = Optional.of(new Armed(point, fault));
  }

  synchronized boolean hasFired() {
    return fired;
  }

  synchronized List<WritePoint> points() {
    return List.copyOf(points);
  }

  /** Whether nothing was written for so long. */
  synchronized boolean isQuiet(Duration since) {
    return System.nanoTime() - lastWrite > since.toNanos();
  }

  /** A write passes: what happens to it. Each fault happens once. */
  synchronized Fault at(String rawName) {
    String name = normal.apply(rawName);
    WritePoint point = new WritePoint(name, seen.merge(name, 1, Integer::sum));
    points.add(point);
    lastWrite = System.nanoTime();
    if (!fired && armed.filter(it -> it.point().equals(point)).isPresent()) {
      fired = true;
      return armed.get().fault();
    }
    return Fault.NONE;
  }

  void kill() {
    kill.run();
  }
}

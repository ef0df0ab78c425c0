package dev.hermes.operator;

import dev.hermes.database.check.Violation;
import dev.hermes.operator.health.OperatorMetrics;
import dev.hermes.operator.provision.StartChecks;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the process does by the clock: asks the database, the net canary, the egress proxy's Service
 * and which kinds there are, steps the canaries on, purges, tells of keys that end, and, hourly,
 * tests the walls of the database.
 */
final class Upkeep {
  private static final Logger log = LoggerFactory.getLogger(Upkeep.class);

  private final DataSource database;
  private final StartChecks checks;
  private final OperatorMetrics metrics;
  private final Wiring wiring;
  private final ScheduledExecutorService threads =
      Executors.newScheduledThreadPool(
          4, task -> Thread.ofPlatform().name("upkeep").daemon().unstarted(task));
  private volatile boolean databaseAnswers = true;

  Upkeep(DataSource database, StartChecks checks, OperatorMetrics metrics, Wiring wiring) {
    this.database = database;
    this.checks = checks;
    this.metrics = metrics;
    this.wiring = wiring;
  }

  void start() {
    every(5, TimeUnit.SECONDS, this::askDatabase);
    every(10, TimeUnit.SECONDS, wiring::pollNetCanary);
    every(10, TimeUnit.SECONDS, wiring::pollEgress);
    every(10, TimeUnit.SECONDS, wiring::pollAgentSandbox);
    every(2, TimeUnit.SECONDS, wiring::canaries);
    every(60, TimeUnit.SECONDS, wiring::purge);
    every(60, TimeUnit.SECONDS, wiring::keyExpiries);
    every(60, TimeUnit.MINUTES, this::checkWalls);
    every(60, TimeUnit.MINUTES, wiring::partition);
  }

  boolean databaseAnswers() {
    return databaseAnswers;
  }

  private void every(long period, TimeUnit unit, Runnable work) {
    threads.scheduleWithFixedDelay(
        () -> {
          try {
            work.run();
          } catch (RuntimeException e) {
            log.warn("upkeep: {}", e.toString());
          }
        },
        0,
        period,
        unit);
  }

  private void askDatabase() {
    try (Connection connection = database.getConnection()) {
      databaseAnswers = connection.isValid(2);
    } catch (SQLException e) {
      databaseAnswers = false;
    }
  }

  private void checkWalls() {
    try {
      List<Violation> violations = checks.violations();
      metrics.violations(violations.size());
      violations.forEach(violation -> log.error("row-level security: {}", violation));
    } catch (SQLException e) {
      log.warn("the check of row-level security did not run: {}", e.getMessage());
    }
  }
}

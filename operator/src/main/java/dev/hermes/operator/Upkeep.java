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

/** What the process does by the clock: asks the database, the canary and, hourly, the walls. */
final class Upkeep {
  private static final Logger log = LoggerFactory.getLogger(Upkeep.class);

  private final DataSource database;
  private final StartChecks checks;
  private final OperatorMetrics metrics;
  private final Wiring wiring;
  private final ScheduledExecutorService threads =
      Executors.newScheduledThreadPool(
          2, task -> Thread.ofPlatform().name("upkeep").daemon().unstarted(task));
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
    every(60, TimeUnit.MINUTES, this::checkWalls);
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

package dev.hermes.egress;

import dev.hermes.egress.proxy.Connections;
import dev.hermes.egress.proxy.ProxyServer;
import dev.hermes.egress.report.Journal;
import dev.hermes.egress.watch.PublicKeyFile;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the process does by the clock, and after a change in the cluster. */
final class Upkeep {
  private static final Logger log = LoggerFactory.getLogger(Upkeep.class);

  /** Within which several changes lead to one look at all connections. */
  private static final Duration GATHER = Duration.ofMillis(100);

  /** Within which every node has heard that this pod gets no new connections. */
  private static final Duration HEARD = Duration.ofSeconds(3);

  private static final Duration DRAIN = Duration.ofSeconds(20);

  private final Connections connections;
  private final Journal journal;
  private final PublicKeyFile keys;
  private final AtomicBoolean due = new AtomicBoolean();
  private final ScheduledExecutorService threads =
      Executors.newScheduledThreadPool(
          3, task -> Thread.ofPlatform().name("upkeep").daemon().unstarted(task));

  Upkeep(Connections connections, Journal journal, PublicKeyFile keys) {
    this.connections = connections;
    this.journal = journal;
    this.keys = keys;
  }

  void start() {
    Thread.ofPlatform().name("journal").daemon().start(this::write);
    every(Duration.ofSeconds(2), this::flush);
    every(Duration.ofMinutes(1), journal::takeUsage);
    every(Duration.ofSeconds(5), keys::look);
  }

  /** Something in the cluster is other than before. */
  void changed() {
    if (due.compareAndSet(false, true)) {
      threads.schedule(
          () -> {
            due.set(false);
            connections.recheck();
          },
          GATHER.toMillis(),
          TimeUnit.MILLISECONDS);
    }
  }

  /** Lets open connections end by themselves for a while, and reports what is left to report. */
  void stop(ProxyServer server) {
    try {
      Thread.sleep(HEARD);
      server.close();
      long until = System.nanoTime() + DRAIN.toNanos();
      while (connections.open() > 0 && System.nanoTime() < until) {
        Thread.sleep(100);
      }
      journal.takeUsage();
      journal.flush();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write() {
    while (true) {
      try {
        journal.writeForever();
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        log.warn("journal: {}", e.toString());
      }
    }
  }

  private void flush() {
    try {
      journal.flush();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void every(Duration period, Runnable work) {
    threads.scheduleWithFixedDelay(
        () -> {
          try {
            work.run();
          } catch (RuntimeException e) {
            log.warn("upkeep: {}", e.toString());
          }
        },
        period.toMillis(),
        period.toMillis(),
        TimeUnit.MILLISECONDS);
  }
}

package dev.hermes.api.health;

import io.micronaut.context.annotation.Value;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/**
 * The time between SIGTERM and the shutdown. Load balancers still send requests here, and clients
 * hold connections that they take for good: the process answers as ever, is not ready, and ends
 * each connection with its answer, so that none is closed while a request is on its way (RFC 9112,
 * 9.6).
 */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
public final class LameDuck {
  private static final Logger log = LoggerFactory.getLogger(LameDuck.class);

  private final Duration time;
  private volatile boolean leaving;

  LameDuck(@Value("${hermes.lame-duck:5s}") Duration time) {
    this.time = time;
  }

  /** From now on SIGTERM begins the time; at its end the JVM exits, and its hooks run. */
  public void awaitTerm() {
    Signal.handle(
        new Signal("TERM"), signal -> Thread.ofPlatform().name("lame-duck").start(this::leave));
  }

  /** Whether SIGTERM has come. */
  public boolean isLeaving() {
    return leaving;
  }

  @ResponseFilter
  void lastOfItsConnection(MutableHttpResponse<?> response) {
    if (leaving) {
      response.header("Connection", "close");
    }
  }

  private void leave() {
    if (leaving) {
      return; // a second SIGTERM changes nothing
    }
    leaving = true;
    log.info("SIGTERM: not ready any more, going in {} ms", time.toMillis());
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().exit(0);
  }
}

package dev.hermes.api.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the catalogue as the providers file says, without a restart. At the start a mistake in the
 * file ends the process, so that it shows then and not at the first request; later what was in
 * force stays, and the gauge {@code hermes_providers_file_in_force} is 0 until the file is mended.
 * Requests on their way end with the providers they began with.
 */
@Context
final class ProvidersReload {
  private static final Logger LOG = LoggerFactory.getLogger(ProvidersReload.class);

  private final Path file;
  private final ModelCatalog catalog;
  private final ModelRoutes routes;
  private final AtomicInteger inForce;
  private byte[] seen;

  ProvidersReload(
      @Value("${hermes.providers-file:/etc/hermes/providers/providers.yaml}") String file,
      @Value("${hermes.providers-look:5s}") Duration look,
      ModelCatalog catalog,
      ObjectMapper json,
      ScheduledExecutorService timer,
      RouteMetrics metrics,
      MeterRegistry meters,
      Clock clock)
      throws IOException {
    this.file = Path.of(file);
    this.catalog = catalog;
    this.routes = new ModelRoutes(new UpstreamHttp(timer), json, metrics, clock);
    this.inForce = meters.gauge("hermes_providers_file_in_force", new AtomicInteger(1));
    this.seen = ProvidersFile.bytes(this.file);
    catalog.replace(routes.of(ProvidersFile.parse(this.file, seen)));
    timer.scheduleWithFixedDelay(
        () -> Thread.ofVirtual().name("providers").start(this::look),
        look.toMillis(),
        look.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  /** The whole file each time: a mount is exchanged by renaming, and times of change may lie. */
  private synchronized void look() {
    try {
      byte[] now = ProvidersFile.bytes(file);
      if (java.util.Arrays.equals(now, seen)) {
        return;
      }
      seen = now;
      catalog.replace(routes.of(ProvidersFile.parse(file, now)));
      inForce.set(1);
      LOG.info("the providers file has changed and is in force");
    } catch (IOException | RuntimeException e) {
      inForce.set(0);
      LOG.error("the providers file stays as it was: {}", e.toString());
    }
  }
}

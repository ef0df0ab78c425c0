package dev.hermes.api.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.api.model.route.Breaker;
import dev.hermes.api.model.route.Route;
import dev.hermes.api.model.route.Target;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;

@Factory
final class ModelBeans {

  /** Read at start, so that a mistake in the file shows then and not at the first request. */
  @Context
  ModelCatalog catalog(
      @Value("${hermes.providers-file:/etc/hermes/providers/providers.yaml}") String file,
      ObjectMapper json,
      ScheduledExecutorService timer,
      RouteMetrics metrics,
      Clock clock) {
    ProvidersFile providers = ProvidersFile.read(Path.of(file));
    ModelCatalog catalog = new ModelCatalog();
    if (providers.demo().enabled()) {
      catalog.add(DemoProvider.MODEL, new DemoProvider(json));
    }
    targets(providers, new UpstreamHttp(timer), json, metrics, clock)
        .forEach((model, targets) ->
            catalog.add(
                model,
                new Route(
                    targets,
                    providers.retry().rule(),
                    Thread::sleep,
                    ThreadLocalRandom::current,
                    metrics)));
    return catalog;
  }

  /** The upstreams of each model, in the file's order; one of them has one breaker for them all. */
  private static Map<String, List<Target>> targets(
      ProvidersFile providers,
      UpstreamHttp http,
      ObjectMapper json,
      RouteMetrics metrics,
      Clock clock) {
    Map<String, List<Target>> targets = new LinkedHashMap<>();
    for (ProvidersFile.Upstream upstream : providers.providers()) {
      Breaker breaker = new Breaker(providers.breaker().rule(), clock);
      metrics.watch(upstream.name(), breaker);
      Target target =
          new Target(new UpstreamProvider(upstream, http, json), upstream.share(), breaker);
      for (String model : upstream.models()) {
        targets.computeIfAbsent(model, any -> new ArrayList<>()).add(target);
      }
    }
    return targets;
  }
}

package dev.hermes.api.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.api.model.route.Breaker;
import dev.hermes.api.model.route.BreakerRule;
import dev.hermes.api.model.route.Route;
import dev.hermes.api.model.route.Target;
import dev.hermes.api.model.strategy.AliasProvider;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Makes the ways to all models out of a providers file. An upstream that stays as it is keeps its
 * breaker from one file to the next. Used by one thread at a time.
 */
final class ModelRoutes {
  private final UpstreamHttp http;
  private final ObjectMapper json;
  private final RouteMetrics metrics;
  private final Clock clock;
  private Map<Watched, Breaker> breakers = Map.of();

  ModelRoutes(UpstreamHttp http, ObjectMapper json, RouteMetrics metrics, Clock clock) {
    this.http = http;
    this.json = json;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** All that an upstream's health is known by. */
  private record Watched(ProvidersFile.Upstream upstream, BreakerRule rule) {}

  /** The models in the file's order. */
  Map<String, ModelProvider> of(ProvidersFile file) {
    Map<String, ModelProvider> models = new LinkedHashMap<>();
    if (file.demo().enabled()) {
      models.put(DemoProvider.MODEL, new TracedProvider(new DemoProvider(json)));
    }
    targets(file)
        .forEach((model, targets) ->
            models.putIfAbsent(
                model,
                new Route(
                    targets,
                    file.retry().rule(),
                    Thread::sleep,
                    ThreadLocalRandom::current,
                    metrics)));
    // after all models, of which the first is the default
    for (ProvidersFile.Alias alias : file.aliases()) {
      ModelProvider provider = Objects.requireNonNull(models.get(alias.model()));
      models.put(
          alias.name(),
          new AliasProvider(
              provider, alias.model(), alias.reasons(), summary(file, alias, models)));
    }
    return models;
  }

  private static Optional<SummaryModel> summary(
      ProvidersFile file, ProvidersFile.Alias alias, Map<String, ModelProvider> models) {
    return Optional.ofNullable(alias.summary())
        .map(wish -> {
          String model = wish.by(alias, file.aliases());
          return new SummaryModel(model, Objects.requireNonNull(models.get(model)), wish.tokens());
        });
  }

  /** The upstreams of each model; one of them has one breaker for all its models. */
  private Map<String, List<Target>> targets(ProvidersFile file) {
    Map<String, List<Target>> targets = new LinkedHashMap<>();
    Map<Watched, Breaker> kept = new HashMap<>();
    for (ProvidersFile.Upstream upstream : file.providers()) {
      Watched watched = new Watched(upstream, file.breaker().rule());
      Breaker known = breakers.get(watched);
      Breaker breaker = known == null ? new Breaker(watched.rule(), clock) : known;
      kept.put(watched, breaker);
      Target target =
          new Target(
              new TracedProvider(new UpstreamProvider(upstream, http, json)),
              upstream.share(),
              breaker);
      for (String model : upstream.models()) {
        targets.computeIfAbsent(model, any -> new ArrayList<>()).add(target);
      }
    }
    breakers = kept;
    Map<String, Breaker> named = new HashMap<>();
    kept.forEach((watched, breaker) -> named.put(watched.upstream().name(), breaker));
    metrics.watch(named);
    return targets;
  }
}

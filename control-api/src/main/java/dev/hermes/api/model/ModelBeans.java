package dev.hermes.api.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;

@Factory
final class ModelBeans {

  /** Read at start, so that a mistake in the file shows then and not at the first request. */
  @Context
  ModelCatalog catalog(
      @Value("${hermes.providers-file:/etc/hermes/providers/providers.yaml}") String file,
      ObjectMapper json,
      ScheduledExecutorService timer) {
    ProvidersFile providers = ProvidersFile.read(Path.of(file));
    ModelCatalog catalog = new ModelCatalog();
    if (providers.demo().enabled()) {
      catalog.add(new DemoProvider(json), List.of(DemoProvider.MODEL));
    }
    UpstreamHttp http = new UpstreamHttp(timer);
    for (ProvidersFile.Upstream upstream : providers.providers()) {
      catalog.add(new OpenAiProvider(upstream, http, json), upstream.models());
    }
    return catalog;
  }
}

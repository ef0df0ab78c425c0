package dev.hermes.api.identity;

import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.context.event.StartupEvent;
import io.micronaut.web.router.Router;
import jakarta.inject.Singleton;
import java.util.List;

/** Deny by default: refuses to start while a route says nothing about who may call it. */
@Singleton
final class RouteDeclarations implements ApplicationEventListener<StartupEvent> {
  private final Router router;

  RouteDeclarations(Router router) {
    this.router = router;
  }

  @Override
  public void onApplicationEvent(StartupEvent event) {
    List<String> undeclared =
        router
            .uriRoutes()
            .filter(route -> !PublicRoutes.contains(route.getUriMatchTemplate().toString()))
            .filter(route -> RoutePermission.of(route.getAnnotationMetadata()).isEmpty())
            .map(route -> route.getHttpMethodName() + " " + route.getUriMatchTemplate())
            .sorted()
            .toList();
    if (!undeclared.isEmpty()) {
      throw new IllegalStateException(
          "routes without @Requires and not in PublicRoutes: " + undeclared);
    }
  }
}

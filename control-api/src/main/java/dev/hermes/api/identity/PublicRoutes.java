package dev.hermes.api.identity;

import java.util.Set;

/** The routes that need no credential: all of them, and nothing else. */
public final class PublicRoutes {
  static final Set<String> PATHS =
      Set.of(
          "/health",
          "/health/live",
          "/health/ready",
          "/v1/health",
          "/v1/health/live",
          "/v1/health/ready",
          "/v1/openapi");

  private PublicRoutes() {}

  public static boolean contains(String template) {
    return PATHS.contains(template);
  }
}

package dev.hermes.api.database;

import io.micronaut.context.annotation.Replaces;
import io.micronaut.context.annotation.Requires;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Secrets in memory; each change has another version, as in Kubernetes. */
@Singleton
@Requires(property = "hermes.test.local-secrets", value = "true")
@Replaces(KubernetesSecrets.class)
final class LocalSecrets implements DatabaseSecrets {
  private final Map<String, Found> secrets = new ConcurrentHashMap<>();
  private final AtomicInteger versions = new AtomicInteger();

  void put(String name, String type, Map<String, String> data) {
    secrets.put(name, new Found(type, Integer.toString(versions.incrementAndGet()), data));
  }

  void remove(String name) {
    secrets.remove(name);
  }

  @Override
  public Optional<Found> read(String name) {
    return Optional.ofNullable(secrets.get(name));
  }
}

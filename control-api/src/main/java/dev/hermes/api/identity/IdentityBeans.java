package dev.hermes.api.identity;

import dev.hermes.database.key.Pepper;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.nio.file.Path;

@Factory
final class IdentityBeans {

  @Singleton
  Pepper pepper(@Value("${hermes.pepper-dir}") String folder) {
    return Pepper.load(Path.of(folder));
  }
}

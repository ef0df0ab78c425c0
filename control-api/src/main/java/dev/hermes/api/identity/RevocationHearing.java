package dev.hermes.api.identity;

import dev.hermes.api.notice.Hearing;
import jakarta.inject.Singleton;
import java.util.Set;

/** Hears that a key or tenant has changed, and asks whether it is so. */
@Singleton
final class RevocationHearing implements Hearing {
  private final EpochWatch watch;

  RevocationHearing(EpochWatch watch) {
    this.watch = watch;
  }

  @Override
  public String channel() {
    return "hermes_authn";
  }

  /** Whoever may connect may say so: it empties no cache by itself. */
  @Override
  public void heard(Set<String> words) {
    watch.ask();
  }

  @Override
  public void missed() {
    watch.changed();
  }
}

package dev.hermes.api.database;

import jakarta.inject.Singleton;

/** Ends the process; tests put another in its place. */
interface Termination {
  void end(int status);

  /** The real one. */
  @Singleton
  final class OfProcess implements Termination {
    @Override
    public void end(int status) {
      System.exit(status);
    }
  }
}

package dev.hermes.operator.kube;

import dev.hermes.crds.Reason;

/** Counts reconciliations that failed. */
public interface ErrorCounter {
  void count(String kind, Reason reason);
}

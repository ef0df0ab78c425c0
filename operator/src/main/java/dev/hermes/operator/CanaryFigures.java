package dev.hermes.operator;

import dev.hermes.operator.canary.Canaries;
import dev.hermes.operator.health.OperatorMetrics;
import dev.hermes.operator.health.OperatorMetrics.CanaryResult;
import dev.hermes.operator.sandboxpolicy.Finding;
import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Shows what canaries found as metrics, a row for each policy and check. */
record CanaryFigures(Canaries canaries, OperatorMetrics metrics, Clock clock) {
  void show(Map<String, ResolvedPolicy> policies) {
    List<CanaryResult> results = new ArrayList<>();
    Map<String, Duration> ages = new TreeMap<>();
    policies.forEach((name, policy) ->
        policy
            .subject()
            .ifPresent(subject -> {
              canaries
                  .apply(subject)
                  .findings()
                  .forEach((check, finding) ->
                      results.add(
                          new CanaryResult(name, check.tag(), finding instanceof Finding.Held)));
              canaries
                  .finishedAt(subject)
                  .ifPresent(at -> ages.put(name, Duration.between(at, clock.instant())));
            }));
    metrics.canaries(results, ages);
  }
}

package dev.hermes.database.rls;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** Says at the end of a run how many cases of the isolation suite passed, and for which ids. */
public final class CatalogueCount implements TestExecutionListener {
  private final Set<String> cases = ConcurrentHashMap.newKeySet();
  private final Set<Integer> ids = ConcurrentHashMap.newKeySet();
  private Optional<TestPlan> plan = Optional.empty();

  @Override
  public void testPlanExecutionStarted(TestPlan started) {
    plan = Optional.of(started);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (!test.isTest() || result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
      return;
    }
    String names = names(test);
    Set<Integer> found = Catalogue.ids(names);
    ids.addAll(found);
    if (!found.isEmpty() || names.contains("TEN-")) {
      cases.add(test.getUniqueId());
    }
  }

  @Override
  public void testPlanExecutionFinished(TestPlan finished) {
    if (!cases.isEmpty()) {
      System.out.printf(
          "TEN-8: %d isolation cases passed, for %d ids of the catalogue%n",
          cases.size(), ids.size());
    }
  }

  /** The test's own name and those of what it is part of. */
  private String names(TestIdentifier test) {
    return plan.map(all ->
            Stream.iterate(
                    Optional.of(test),
                    Optional::isPresent,
                    current -> current.flatMap(all::getParent))
                .flatMap(Optional::stream)
                .map(TestIdentifier::getDisplayName)
                .collect(Collectors.joining(" ")))
        .orElse("");
  }
}

package dev.hermes.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Controls: an operator with a bug is found out. The proxy gives it the bug. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class PlantedBugsClusterIT {
  private static final Pattern POD_NAME =
      Pattern.compile("(\"name\":\"sbx-[^\"]+-)([a-z0-9]{8})\"");
  private static final Duration LIMIT = Duration.ofSeconds(8);

  private static Stage stage;

  private Run run;

  @BeforeAll
  static void start() {
    stage = new Stage();
    stage.reference();
  }

  @AfterAll
  static void stop() {
    stage.close();
  }

  @AfterEach
  void heal() {
    stage.rig().api().doctor((name, request) -> List.of(request));
    run.clear();
  }

  @Test
  @DisplayName("control: a second key minted under another name is found")
  void doubleMint() {
    stage
        .rig()
        .api()
        .doctor((name, request) ->
            name.startsWith("POST secrets/")
                ? List.of(request.replacing("-hermes\"", "-hermes-2\""), request)
                : List.of(request));

    assertThat(problems("key made"))
        .anySatisfy(problem -> assertThat(problem).contains("unexpected Secret"))
        .anySatisfy(problem -> assertThat(problem).contains("[run-k-hermes good, run-k-hermes-2 "));
  }

  @Test
  @DisplayName("control: a finalizer that was not set is found")
  void noFinalizer() {
    stage.rig().api().doctor(dryRun("finalizer"));

    assertThat(problems("tenant made, with sandboxes"))
        .anySatisfy(problem -> assertThat(problem).contains("Tenant run-a"));
  }

  @Test
  @DisplayName("control: a namespace that outlives its tenant is found")
  void orphan() {
    stage.rig().api().doctor(dryRun("DELETE namespaces/"));

    assertThat(problems("tenant deleted, with sandboxes"))
        .anySatisfy(problem -> assertThat(problem).contains("unexpected Namespace"));
  }

  @Test
  @DisplayName("control: a pod made twice is found by its count, though one of them is gone again")
  void doublePod() {
    stage
        .rig()
        .api()
        .doctor((name, request) ->
            name.startsWith("POST pods/") ? List.of(twin(request), request) : List.of(request));

    assertThat(problems("tenant made, with sandboxes"))
        .anySatisfy(problem -> assertThat(problem).contains("create pods/"));
  }

  /** The same pod under another name of its kind: of the same name the API server makes one. */
  private static HttpMessage twin(HttpMessage request) {
    Matcher name = POD_NAME.matcher(request.text());
    if (!name.find()) {
      throw new IllegalStateException("a pod without a name: " + request.text());
    }
    String ending = name.group(2);
    return request.replacing(name.group(1) + ending, name.group(1) + reversed(ending));
  }

  private static String reversed(String text) {
    return new StringBuilder(text).reverse().toString();
  }

  private static ApiProxy.Doctor dryRun(String part) {
    return (name, request) -> List.of(name.contains(part) ? request.asDryRun() : request);
  }

  /** What the oracle says up to and including a phase. */
  private List<String> problems(String last) {
    run = new Run(stage.rig(), LIMIT);
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < Script.PHASES.size(); i++) {
      Script.Phase phase = Script.PHASES.get(i);
      problems.addAll(
          run.check(phase, stage.reference().phases().get(i), Optional.empty()).problems());
      if (phase.name().equals(last)) {
        return problems;
      }
    }
    throw new IllegalArgumentException("no phase " + last);
  }
}

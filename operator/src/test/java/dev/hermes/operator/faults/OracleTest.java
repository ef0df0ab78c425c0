package dev.hermes.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OracleTest {
  private static final String SECRET = "create secrets/apps/run-k-hermes";

  @Test
  @DisplayName("a Secret made twice, or not at all, is a problem, whatever is left of it")
  void creations() {
    assertThat(Oracle.problems(Map.of(SECRET, 1), Map.of(SECRET, 1), 1)).isEmpty();
    assertThat(Oracle.problems(Map.of(SECRET, 1), Map.of(SECRET, 2), 1)).hasSize(1);
    assertThat(Oracle.problems(Map.of(SECRET, 1), Map.of(), 1)).hasSize(1);
    assertThat(Oracle.problems(Map.of(), Map.of(SECRET, 1), 1)).hasSize(1);
  }

  @Test
  @DisplayName("one repeated step is allowed to write once more, and no oftener")
  void repeats() {
    String patch = "patch resourcequotas/hermes-run-a-*/hermes-sandboxes";
    assertThat(Oracle.problems(Map.of(patch, 1), Map.of(patch, 2), 1)).isEmpty();
    assertThat(Oracle.problems(Map.of(patch, 1), Map.of(patch, 3), 1)).hasSize(1);
    assertThat(Oracle.problems(Map.of(patch, 1), Map.of(), 1)).isEmpty();
  }

  @Test
  @DisplayName("after a look at the past pods may be replaced, but no Secret is made again")
  void past() {
    String pods = "create pods/hermes-run-a-*";
    assertThat(Oracle.problems(Map.of(pods, 1), Map.of(pods, 2), 1)).hasSize(1);
    assertThat(Oracle.problems(Map.of(pods, 1), Map.of(pods, 2), 3)).isEmpty();
    assertThat(Oracle.problems(Map.of(SECRET, 1), Map.of(SECRET, 2), 3)).hasSize(1);
  }

  @Test
  @DisplayName("an id that stands for something else than in the other run is a difference")
  void mixedUp() {
    EndState expected = state("<uid of Tenant run-a>");
    assertThat(state("<uid of Tenant run-a>").differences(expected)).isEmpty();
    assertThat(state("<uid of Tenant run-b>").differences(expected)).hasSize(1);
    assertThat(new EndState(Map.of()).differences(expected)).hasSize(1);
    assertThat(expected.differences(new EndState(Map.of()))).hasSize(1);
  }

  @Test
  @DisplayName("names, times and random endings of a run are taken out, known ids are named")
  void normal() {
    Normal normal = new Normal("fault7");
    normal.learn("0198f5b2-0000-7000-8000-00005c1e9a77", "id of Tenant run-a");

    assertThat(
            normal.text(
                "hermes-fault7-a-5c1e9a77 sbx-fault7-p-x7k2qbcd 2026-01-02T03:04:05Z"
                    + " 0198f5b2-0000-7000-8000-00005c1e9a77"
                    + " 0198f5b2-0000-7000-8000-000000000000"))
        .isEqualTo("hermes-run-a-* sbx-run-p-* <time> <id of Tenant run-a> <uuid>");
  }

  private static EndState state(String owner) {
    return new EndState(new TreeMap<>(Map.of("Namespace hermes-run-a-*", List.of(owner))));
  }
}

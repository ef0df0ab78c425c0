package dev.hermes.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Reason;
import dev.hermes.operator.testing.Fixtures;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ConditionsTest {
  private static final Instant NOW = Fixtures.NOW;
  private static final Instant LATER = NOW.plus(Duration.ofHours(1));

  private static List<Condition> ready(Instant time) {
    return Conditions.replacing(List.of(), 1, time)
        .isTrue(ConditionType.Ready, Reason.Ready, "fine")
        .toList();
  }

  @Test
  @DisplayName("the transition time moves only when the status does")
  void transition() {
    List<Condition> before = ready(NOW);

    Condition reasonOnly =
        Conditions.replacing(before, 1, LATER)
            .isTrue(ConditionType.Ready, Reason.Passed, "else")
            .toList()
            .getFirst();
    Condition flipped =
        Conditions.replacing(before, 1, LATER)
            .isFalse(ConditionType.Ready, Reason.Failed, "no")
            .toList()
            .getFirst();

    assertThat(reasonOnly.getLastTransitionTime()).isEqualTo(NOW.toString());
    assertThat(flipped.getLastTransitionTime()).isEqualTo(LATER.toString());
  }

  @Test
  @DisplayName("replacing drops what is not set again, amending keeps it")
  void replacing() {
    List<Condition> before =
        Conditions.replacing(List.of(), 1, NOW)
            .isTrue(ConditionType.Stalled, Reason.Failed, "x")
            .toList();

    assertThat(Conditions.replacing(before, 1, NOW).toList()).isEmpty();
    assertThat(Conditions.amending(before, 1, NOW).toList()).isEqualTo(before);
    assertThat(Conditions.amending(before, 1, NOW).drop(ConditionType.Stalled).toList()).isEmpty();
  }

  @Test
  @DisplayName("equality ignores times and order, and nothing else")
  void same() {
    List<Condition> other =
        List.of(new ConditionBuilder(ready(NOW).getFirst()).withMessage("other").build());

    assertThat(Conditions.same(ready(NOW), ready(LATER))).isTrue();
    assertThat(Conditions.same(ready(NOW), other)).isFalse();
    assertThat(Conditions.same(ready(NOW), List.of())).isFalse();
    assertThat(
            Conditions.same(
                ready(NOW),
                Conditions.replacing(List.of(), 2, NOW)
                    .isTrue(ConditionType.Ready, Reason.Ready, "fine")
                    .toList()))
        .isFalse();
  }

  @Test
  @DisplayName("a condition of another release is ignored")
  void unknownType() {
    List<Condition> before =
        List.of(new ConditionBuilder().withType("FromTheFuture").withStatus("True").build());

    assertThat(Conditions.amending(before, 1, NOW).toList()).isEmpty();
  }
}

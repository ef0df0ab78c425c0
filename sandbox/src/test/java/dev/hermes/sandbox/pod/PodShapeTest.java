package dev.hermes.sandbox.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.sandbox.Policies;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PodShapeTest {
  private static final String SHAPE = PodShape.of(Policies.defaults());

  private static String changed(Consumer<PodSpec> change) {
    PodSpec spec = SandboxPod.spec(Policies.defaults(), "another key", false);
    change.accept(spec);
    return PodShape.of(spec);
  }

  @Test
  @DisplayName("keys and what the API server fills in do not change the shape")
  void same() {
    assertThat(
            changed(spec -> {
              spec.setSchedulerName("default-scheduler");
              spec.setTolerations(List.of(new TolerationBuilder().withKey("x").build()));
              spec.setOverhead(Map.of("cpu", new Quantity("10m")));
              spec.setActiveDeadlineSeconds(60L);
              spec.getContainers().getFirst().setTerminationMessagePath("/dev/termination-log");
              spec.getContainers()
                  .getFirst()
                  .getResources()
                  .getLimits()
                  .put("cpu", new Quantity("1000m"));
            }))
        .isEqualTo(SHAPE);
  }

  @Test
  @DisplayName("what the policy decides does")
  void different() {
    List<Consumer<PodSpec>> changes =
        List.of(
            spec -> spec.setRuntimeClassName("runc"),
            spec -> spec.getContainers().getFirst().setImage("x"),
            spec -> spec.getContainers().getFirst().setCommand(List.of("/bin/sh")),
            spec -> spec.getContainers().getFirst().setArgs(List.of()),
            spec -> spec.getContainers().getFirst().getResources().getLimits().remove("memory"),
            spec -> spec.getContainers().add(spec.getContainers().getFirst()),
            spec -> spec.getVolumes().getFirst().getEmptyDir().setSizeLimit(new Quantity("9Gi")),
            spec -> spec.setVolumes(List.of()));
    assertThat(changes).allSatisfy(change -> assertThat(changed(change)).isNotEqualTo(SHAPE));
    assertThat(PodShape.of(Policies.other())).isNotEqualTo(SHAPE);
  }
}

package dev.hermes.operator.sandboxpolicy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.operator.sandboxpolicy.TargetMemory.Target;
import dev.hermes.operator.testing.Fixtures;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TargetMemoryTest {
  private static final Instant NOW = Fixtures.NOW;
  private final TargetMemory memory = new TargetMemory();

  private static List<Target> report(boolean node) {
    return List.of(
        new Target("apiserver", "10.96.0.1:443", true),
        new Target("node", "198.18.0.2:10250", node),
        new Target("metadata", "169.254.169.254:80", false),
        new Target("canary", "10.96.7.7:8080", true));
  }

  @Test
  @DisplayName("targets are those that answer")
  void answering() {
    memory.report(report(true), NOW);

    assertThat(memory.at(NOW).addresses())
        .containsExactly("10.96.0.1:443", "10.96.7.7:8080", "198.18.0.2:10250");
    assertThat(memory.at(NOW).problem()).isEmpty();
  }

  @Test
  @DisplayName("API server and canary must be among them")
  void required() {
    memory.report(List.of(new Target("apiserver", "10.96.0.1:443", true)), NOW);

    assertThat(memory.at(NOW).problem()).hasValueSatisfying(p -> assertThat(p).contains("canary"));
  }

  @Test
  @DisplayName("one that falls silent is kept five minutes, so that pods are not replaced at once")
  void kept() {
    memory.report(report(true), NOW);
    memory.report(report(false), NOW.plusSeconds(290));

    assertThat(memory.at(NOW.plusSeconds(290)).addresses()).contains("198.18.0.2:10250");
    memory.report(report(false), NOW.plusSeconds(301));
    assertThat(memory.at(NOW.plusSeconds(301)).addresses()).doesNotContain("198.18.0.2:10250");
  }

  @Test
  @DisplayName("a canary silent for half a minute stops new sandboxes")
  void silent() {
    memory.report(report(true), NOW);

    assertThat(memory.at(NOW.plusSeconds(30)).problem()).isEmpty();
    assertThat(memory.at(NOW.plusSeconds(31)).problem()).isPresent();
  }

  @Test
  void wire() throws IOException {
    assertThat(
            NetCanary.targets(
                """
                {"targets":[{"name":"node","address":"198.18.0.2:10250","answers":true}]}
                """))
        .containsExactly(new Target("node", "198.18.0.2:10250", true));
  }
}

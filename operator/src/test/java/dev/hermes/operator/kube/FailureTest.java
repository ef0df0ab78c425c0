package dev.hermes.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.crds.Reason;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FailureTest {
  @Test
  @DisplayName("what PostgreSQL says of itself, of SQL or of values does not reach a condition")
  void database() {
    Failure failure =
        Failure.of(new IllegalStateException("x", new SQLException("password=hunter2")));

    assertThat(failure.reason()).isEqualTo(Reason.DatabaseUnavailable);
    assertThat(failure.message()).doesNotContain("hunter2");
  }

  @Test
  void kubernetes() {
    KubernetesClientException refused =
        new KubernetesClientException(
            "", 403, new StatusBuilder().withMessage("n is being terminated").build());

    assertThat(Failure.of(refused).reason()).isEqualTo(Reason.ApplyRefused);
    assertThat(Failure.isTerminating(refused)).isTrue();
  }

  @Test
  @DisplayName("a message of unknown origin stays out, its kind is said")
  void other() {
    assertThat(Failure.of(new IllegalStateException("secret")).message())
        .isEqualTo("IllegalStateException");
  }

  @Test
  void haltNamesItsSteps() {
    assertThatThrownBy(() -> Halt.at(Optional.of("NOWHERE")))
        .hasMessageContaining("HERMES_TEST_HALT_AT")
        .hasMessageContaining("TENANT_ROW");
  }
}

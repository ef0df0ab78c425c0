package dev.hermes.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class NamespaceBlockersTest {
  private static final String MESSAGE =
      "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource"
          + " instances";

  private static NamespaceBuilder going(String type, String status) {
    return new NamespaceBuilder()
        .withNewMetadata()
        .withName("hermes-acme-5c1e9a77")
        .withDeletionTimestamp("2026-08-01T12:00:00Z")
        .endMetadata()
        .withNewStatus()
        .addNewCondition()
        .withType(type)
        .withStatus(status)
        .withMessage(MESSAGE)
        .endCondition()
        .endStatus();
  }

  @Test
  @DisplayName("K8S-8 finalizers of others are named: of what is in the namespace, and its own")
  void named() {
    Namespace content = going("NamespaceFinalizersRemaining", "True").build();
    assertThat(NamespaceBlockers.of(content).orElseThrow())
        .contains("hermes-acme-5c1e9a77", "example.com/hold");

    Namespace own =
        going("NamespaceFinalizersRemaining", "False")
            .editMetadata()
            .withFinalizers("example.com/own")
            .endMetadata()
            .build();
    assertThat(NamespaceBlockers.of(own).orElseThrow()).contains("example.com/own");
  }

  @Test
  @DisplayName("a namespace that only takes its time, or stays, is not blocked")
  void free() {
    assertThat(NamespaceBlockers.of(going("NamespaceContentRemaining", "True").build())).isEmpty();
    assertThat(NamespaceBlockers.of(going("NamespaceFinalizersRemaining", "False").build()))
        .isEmpty();
    Namespace staying = going("NamespaceFinalizersRemaining", "True").build();
    staying.getMetadata().setDeletionTimestamp(null);
    assertThat(NamespaceBlockers.of(staying)).isEmpty();
  }
}

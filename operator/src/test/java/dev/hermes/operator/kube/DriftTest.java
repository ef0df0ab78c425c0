package dev.hermes.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DriftTest {
  private static final NetworkPolicy DENY =
      new NetworkPolicyBuilder()
          .withNewMetadata()
          .withName("deny")
          .addToLabels("a", "b")
          .endMetadata()
          .withNewSpec()
          .withNewPodSelector()
          .endPodSelector()
          .withPolicyTypes("Ingress", "Egress")
          .endSpec()
          .build();

  @Test
  @DisplayName("server's metadata and status are no drift")
  void unchanged() {
    NetworkPolicy live =
        new NetworkPolicyBuilder(DENY)
            .editMetadata()
            .withUid("u")
            .withResourceVersion("7")
            .addToLabels("somebody's", "own")
            .endMetadata()
            .build();

    assertThat(Drift.none(DENY, live)).isTrue();
  }

  @Test
  @DisplayName("an egress rule that matches everything is drift although it is empty")
  void openedEgress() {
    NetworkPolicy live =
        new NetworkPolicyBuilder(DENY).editSpec().addNewEgress().endEgress().endSpec().build();

    assertThat(Drift.none(DENY, live)).isFalse();
  }

  @Test
  @DisplayName("a narrowed selector is drift")
  void narrowed() {
    NetworkPolicy live =
        new NetworkPolicyBuilder(DENY)
            .editSpec()
            .withNewPodSelector()
            .addToMatchLabels("x", "y")
            .endPodSelector()
            .endSpec()
            .build();

    assertThat(Drift.none(DENY, live)).isFalse();
  }

  @Test
  @DisplayName("a label of ours that is gone or changed is drift")
  void labels() {
    assertThat(
            Drift.none(
                DENY,
                new NetworkPolicyBuilder(DENY)
                    .editMetadata()
                    .withLabels(Map.of("a", "c"))
                    .endMetadata()
                    .build()))
        .isFalse();
  }

  @Test
  @DisplayName("the same quantity written otherwise is no drift, another one is")
  void quantities() {
    assertThat(Drift.none(quota("2000m", "1024Mi"), quota("2", "1Gi"))).isTrue();
    assertThat(Drift.none(quota("2000m", "1024Mi"), quota("2001m", "1Gi"))).isFalse();
  }

  @Test
  @DisplayName("one more entry in a quota is drift")
  void oneMore() {
    ResourceQuota live =
        new ResourceQuotaBuilder(quota("2", "1Gi"))
            .editSpec()
            .addToHard("count/secrets", new Quantity("1"))
            .endSpec()
            .build();

    assertThat(Drift.none(quota("2", "1Gi"), live)).isFalse();
  }

  @Test
  @DisplayName("pull secrets that others hang on a service account are theirs")
  void serviceAccount() {
    ServiceAccount desired =
        new ServiceAccountBuilder()
            .withNewMetadata()
            .withName("s")
            .endMetadata()
            .withAutomountServiceAccountToken(false)
            .build();

    assertThat(
            Drift.none(
                desired, new ServiceAccountBuilder(desired).addNewImagePullSecret("x").build()))
        .isTrue();
    assertThat(
            Drift.none(
                desired,
                new ServiceAccountBuilder(desired).withAutomountServiceAccountToken(true).build()))
        .isFalse();
  }

  @Test
  @DisplayName("a namespace is compared by our labels and annotations only")
  void namespace() {
    var desired = new NamespaceBuilder().withNewMetadata().withName("n").endMetadata().build();
    var live = new NamespaceBuilder(desired).withNewSpec().addToFinalizers("kubernetes").endSpec();

    assertThat(Drift.none(desired, live.build())).isTrue();
  }

  private static ResourceQuota quota(String cpu, String memory) {
    return new ResourceQuotaBuilder()
        .withNewMetadata()
        .withName("q")
        .endMetadata()
        .withNewSpec()
        .addToHard("limits.cpu", new Quantity(cpu))
        .addToHard("limits.memory", new Quantity(memory))
        .endSpec()
        .build();
  }
}

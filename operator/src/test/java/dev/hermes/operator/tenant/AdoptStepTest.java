package dev.hermes.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.operator.kube.ClusterIdentity;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.provision.Holder;
import dev.hermes.operator.testing.Fixtures;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the row alone says about an adoption. */
class AdoptStepTest {
  private static final ClusterIdentity HERE = new ClusterIdentity("here", Set.of("gone"));

  private static Optional<Reason> refusal(boolean deleted, String cluster, boolean purged) {
    return AdoptStep.refusal(
            new Holder("uid", "acme", deleted, Optional.ofNullable(cluster), "Shared", purged),
            HERE)
        .map(StepOutcome::reason);
  }

  @Test
  @DisplayName(
      "K8S-8 a deleted tenant is restored in any cluster, a living one where it can be looked for")
  void clusters() {
    assertThat(refusal(true, "elsewhere", false)).isEmpty();
    assertThat(refusal(false, "here", false)).isEmpty();
    assertThat(refusal(false, "elsewhere", false)).contains(Reason.AdoptElsewhere);
    assertThat(refusal(false, "gone", false)).as("the platform says so").isEmpty();
  }

  @Test
  @DisplayName(
      "K8S-8 a row from before clusters were recorded is nobody's until the platform says so")
  void unrecorded() {
    assertThat(refusal(false, null, false)).contains(Reason.AdoptElsewhere);
    assertThat(
            AdoptStep.refusal(
                new Holder("uid", "acme", false, Optional.empty(), "Shared", false),
                new ClusterIdentity("here", Set.of(ClusterIdentity.UNRECORDED))))
        .isEmpty();
  }

  @Test
  @DisplayName("data stays in the isolation it is in")
  void isolation() {
    Tenant shared = Fixtures.tenant("acme", TenantSpec.defaults(), null);
    assertThat(AdoptStep.otherIsolation(shared, in("Shared"))).isEmpty();
    StepOutcome refused = AdoptStep.otherIsolation(shared, in("Dedicated")).orElseThrow();
    assertThat(refused.reason()).isEqualTo(Reason.AdoptRefused);
    assertThat(refused.message()).contains("Dedicated", "spec.database.isolation");
  }

  private static Holder in(String isolation) {
    return new Holder("uid", "acme", true, Optional.of("here"), isolation, false);
  }

  @Test
  @DisplayName("K8S-8 purged data does not come back, and no message names another tenant")
  void purged() {
    assertThat(refusal(true, "here", true)).contains(Reason.AdoptPurged);
    assertThat(
            AdoptStep.refusal(
                    new Holder("uid", "acme", true, Optional.of("x"), "Shared", true), HERE)
                .orElseThrow()
                .message())
        .doesNotContain("acme");
  }
}

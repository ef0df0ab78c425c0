package dev.hermes.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Names;
import dev.hermes.crds.Reason;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import dev.hermes.operator.testing.Fixtures;
import dev.hermes.operator.testing.Golden;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TenantDesiredTest {
  private static final ApiIdentity API =
      new ApiIdentity("hermes-system", "hermes-api", "hermes-operator");

  static ResolvedPolicy resolved(String name, int warm, List<String> scheduling) {
    StepOutcome ready = new StepOutcome.Ready(Reason.Accepted, "");
    return new ResolvedPolicy(
        Fixtures.policy(name, warm, 10),
        ready,
        ready,
        ready,
        ready,
        ready,
        Map.of("cpu", new Quantity("10m"), "memory", new Quantity("32Mi")),
        scheduling,
        Optional.empty());
  }

  private static final TenantFacts FACTS =
      new TenantFacts(
          "acme",
          "4ad0b3a4-1111-4222-8333-444455556666",
          "0198f5b2-0000-7000-8000-00005c1e9a77",
          "hermes-acme-5c1e9a77",
          10,
          List.of(
              resolved("default", 2, List.of("runtime=gvisor", "gvisor=true:NoSchedule")),
              resolved("second", 1, List.of("runtime=gvisor"))));

  @Test
  void namespace() {
    Golden.matches("tenant/namespace", TenantDesired.namespace(FACTS));
  }

  @Test
  @DisplayName("pods = maxConcurrent + Σ warm + 1; limits = that × (policy + overhead)")
  void quota() {
    Golden.matches("tenant/quota", TenantDesired.quota(FACTS));
    assertThat(TenantDesired.quota(FACTS).getSpec().getHard().get("pods"))
        .isEqualTo(new Quantity("14"));
  }

  @Test
  void limitRange() {
    Golden.matches("tenant/limitrange", TenantDesired.limitRange(FACTS));
  }

  @Test
  void denyAll() {
    Golden.matches("tenant/deny-all", TenantDesired.denyAll(FACTS));
  }

  @Test
  void allowApi() {
    Golden.matches("tenant/allow-api", TenantDesired.allowApi(FACTS, API));
  }

  @Test
  @DisplayName(
      "no pod of the API's labels in another namespace, and no other pod of the API's namespace, gets in")
  void onePeer() {
    NetworkPolicy policy = TenantDesired.allowApi(FACTS, API);

    assertThat(policy.getSpec().getIngress()).hasSize(1);
    assertThat(policy.getSpec().getIngress().getFirst().getFrom())
        .singleElement()
        .satisfies(peer -> {
          assertThat(peer.getNamespaceSelector().getMatchLabels()).isNotEmpty();
          assertThat(peer.getPodSelector().getMatchLabels()).isNotEmpty();
        });
  }

  @Test
  void allowEgress() {
    Golden.matches("tenant/allow-egress", TenantDesired.allowEgress(FACTS, "hermes-system"));
  }

  @Test
  @DisplayName("K8S-13 out only to the proxy's pods of the system namespace, both in one peer")
  void oneWayOut() {
    NetworkPolicy policy = TenantDesired.allowEgress(FACTS, "hermes-system");

    assertThat(policy.getSpec().getPolicyTypes()).containsExactly("Egress");
    assertThat(policy.getSpec().getEgress())
        .singleElement()
        .satisfies(rule -> {
          assertThat(rule.getPorts()).hasSize(1);
          assertThat(rule.getTo())
              .singleElement()
              .satisfies(peer -> {
                assertThat(peer.getIpBlock()).isNull();
                assertThat(peer.getNamespaceSelector().getMatchLabels()).isNotEmpty();
                assertThat(peer.getPodSelector().getMatchLabels()).isNotEmpty();
              });
        });
  }

  @Test
  @DisplayName("the way out is open only when a policy has one and the proxy has an address")
  void wayOut() {
    assertThat(FACTS.hasWayOut()).isFalse();
    assertThat(withPolicy(Fixtures.open("open", "10.96.0.31:3128")).hasWayOut()).isTrue();
    assertThat(withPolicy(Fixtures.open("open", null)).hasWayOut()).isFalse();
  }

  private static TenantFacts withPolicy(EffectivePolicy policy) {
    StepOutcome ready = new StepOutcome.Ready(Reason.Accepted, "");
    return new TenantFacts(
        FACTS.tenantName(),
        FACTS.tenantUid(),
        FACTS.tenantId(),
        FACTS.namespace(),
        10,
        List.of(
            new ResolvedPolicy(
                policy, ready, ready, ready, ready, ready, Map.of(), List.of(), Optional.empty())));
  }

  @Test
  @DisplayName("every NetworkPolicy selects every pod of the namespace")
  void selectsAll() {
    for (NetworkPolicy policy :
        List.of(
            TenantDesired.denyAll(FACTS),
            TenantDesired.allowApi(FACTS, API),
            TenantDesired.allowEgress(FACTS, "hermes-system"))) {
      assertThat(policy.getSpec().getPodSelector().getMatchLabels()).isNullOrEmpty();
      assertThat(policy.getSpec().getPodSelector().getMatchExpressions()).isNullOrEmpty();
    }
  }

  @Test
  void serviceAccount() {
    Golden.matches("tenant/serviceaccount", TenantDesired.serviceAccount(FACTS));
  }

  @Test
  void apiBinding() {
    Golden.matches("tenant/api-binding", TenantDesired.apiBinding(FACTS, API));
  }

  @Test
  void keyDelivery() {
    Golden.matches("tenant/key-delivery", TenantDesired.keyDelivery("acme-apps", API));
  }

  @Test
  @DisplayName("no object of a tenant is owned by the Tenant: a lost CRD deletes nobody's data")
  void noOwner() {
    assertThat(
            List.of(
                TenantDesired.namespace(FACTS),
                TenantDesired.quota(FACTS),
                TenantDesired.serviceAccount(FACTS)))
        .allSatisfy(object -> {
          assertThat(object.getMetadata().getOwnerReferences()).isEmpty();
          assertThat(Objects.requireNonNull(object.getMetadata().getLabels()).get(Names.OWNER_UID))
              .isEqualTo(FACTS.tenantUid());
        });
  }
}

package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.Names;
import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What somebody changes or deletes in a tenant's namespace is put back within ten seconds. */
class DriftE2E {
  private static final Duration HEALED = Duration.ofSeconds(10);
  private static final Cluster CLUSTER = Cluster.get();
  private static TestTenant tenant;

  @BeforeAll
  static void tenant() {
    tenant = TestTenant.ready("drift");
  }

  @AfterAll
  static void cleanUp() {
    tenant.close();
  }

  @Test
  @DisplayName("K8S-2 a deleted NetworkPolicy comes back")
  void networkPolicy() {
    // admission lets only the operator's own account delete it, so the test acts as that account
    try (var operator = CLUSTER.as("hermes-operator")) {
      var policies = operator.network().v1().networkPolicies().inNamespace(tenant.namespace());
      var before = policies.withName(Names.DENY_ALL).require().getMetadata().getUid();
      policies.withName(Names.DENY_ALL).delete();
      await()
          .atMost(HEALED)
          .untilAsserted(() -> {
            var now = policies.withName(Names.DENY_ALL).get();
            assertThat(now).isNotNull();
            assertThat(now.getMetadata().getUid()).isNotEqualTo(before);
          });
    }
  }

  @Test
  @DisplayName("K8S-2 an edited quota is set back")
  void quota() {
    var quotas = CLUSTER.admin().resourceQuotas().inNamespace(tenant.namespace());
    var before = quotas.withName(Names.QUOTA).require().getSpec().getHard();
    quotas
        .withName(Names.QUOTA)
        .edit(q -> {
          q.getSpec().getHard().put("pods", new Quantity("999"));
          return q;
        });
    await()
        .atMost(HEALED)
        .untilAsserted(() ->
            assertThat(quotas.withName(Names.QUOTA).require().getSpec().getHard())
                .isEqualTo(before));
  }

  @Test
  @DisplayName("K8S-2 a deleted RoleBinding, LimitRange and ServiceAccount come back")
  void otherChildren() {
    var client = CLUSTER.admin();
    var ns = tenant.namespace();
    client.rbac().roleBindings().inNamespace(ns).withName(Names.API_ROLE_BINDING).delete();
    client.limitRanges().inNamespace(ns).withName(Names.LIMIT_RANGE).delete();
    client.serviceAccounts().inNamespace(ns).withName(Names.SANDBOX_SERVICE_ACCOUNT).delete();
    await()
        .atMost(HEALED)
        .untilAsserted(() -> {
          assertThat(
                  client
                      .rbac()
                      .roleBindings()
                      .inNamespace(ns)
                      .withName(Names.API_ROLE_BINDING)
                      .get())
              .isNotNull();
          assertThat(client.limitRanges().inNamespace(ns).withName(Names.LIMIT_RANGE).get())
              .isNotNull();
          assertThat(
                  client
                      .serviceAccounts()
                      .inNamespace(ns)
                      .withName(Names.SANDBOX_SERVICE_ACCOUNT)
                      .get())
              .isNotNull();
        });
  }

  @Test
  @DisplayName("K8S-2 a deleted warm pod is replaced and Ready again")
  void warmPod() {
    var warm = tenant.sandboxes().getFirst().getMetadata();
    CLUSTER
        .admin()
        .pods()
        .inNamespace(tenant.namespace())
        .withName(warm.getName())
        .withGracePeriod(0)
        .delete();
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() ->
            assertThat(tenant.sandboxes())
                .anyMatch(pod ->
                    !pod.getMetadata().getUid().equals(warm.getUid())
                        && pod.getStatus().getConditions().stream()
                            .anyMatch(
                                c -> c.getType().equals("Ready") && c.getStatus().equals("True"))));
  }
}

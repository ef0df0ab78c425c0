package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Names;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.tenant.Tenant;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The way out of a tenant's namespace, which is there only with a proxy that guards it. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class EgressClusterIT {
  private static final SandboxPolicySpec.Network OPEN =
      new SandboxPolicySpec.Network(List.of("index.example.com:443", "*.acme.example:443"), false);

  private static Cluster cluster;
  private static KubernetesClient kubernetes;
  private static NetCanaryServer canary;
  private static OperatorProcess operator;

  @BeforeAll
  static void start() {
    cluster = Cluster.get();
    kubernetes = cluster.kubernetes();
    canary = new NetCanaryServer();
    operator =
        cluster
            .operator(
                Map.of(
                    "HERMES_NETCANARY_URL", canary.url(), "HERMES_EGRESS_SERVICE", "hermes-egress"))
            .awaitReady();
  }

  @AfterAll
  static void stop() {
    operator.close();
    canary.close();
  }

  private static SandboxPolicy policy(String name, SandboxPolicySpec.Network network) {
    SandboxPolicy policy = Cluster.policy(name);
    policy.setSpec(policy.getSpec().withNetwork(network));
    return policy;
  }

  private static Service service() {
    return new ServiceBuilder()
        .withNewMetadata()
        .withName("hermes-egress")
        .withNamespace("hermes-system")
        .endMetadata()
        .withNewSpec()
        .addNewPort()
        .withPort(3128)
        .endPort()
        .endSpec()
        .build();
  }

  private static Optional<NetworkPolicy> wayOut(Tenant tenant) {
    return kubernetes
        .network()
        .v1()
        .networkPolicies()
        .inAnyNamespace()
        .withLabel(Names.TENANT, tenant.getMetadata().getName())
        .list()
        .getItems()
        .stream()
        .filter(policy -> policy.getMetadata().getName().equals(Names.ALLOW_EGRESS))
        .findFirst();
  }

  private static String config(Tenant tenant, String path) {
    return cluster.sql(
        "select coalesce(config #>> '" + path + "', 'none') from hermes.tenants where cr_uid = ?",
        tenant.getMetadata().getUid());
  }

  @Test
  @DisplayName(
      "K8S-13 the way out comes with the proxy and a policy that needs it, and goes with either")
  void comesAndGoes() {
    SandboxPolicy policy = kubernetes.resource(policy("wayout", OPEN)).create();
    Tenant tenant = kubernetes.resource(Cluster.tenant("wayout", "wayout")).create();
    cluster.awaitReason(policy, ConditionType.EgressEnforced, "EgressProxyMissing");
    cluster.awaitReason(policy, ConditionType.Ready, "EgressProxyMissing");
    cluster.awaitReason(tenant, ConditionType.NetworkIsolated, "EgressProxyMissing");
    assertThat(wayOut(tenant)).isEmpty();

    Service service = kubernetes.resource(service()).create();
    cluster.awaitReason(policy, ConditionType.EgressEnforced, "NotProbed");
    cluster.awaitReason(policy, ConditionType.Ready, "Ready");
    Cluster.eventually("way out", () -> wayOut(tenant).isPresent());
    Cluster.eventually(
        "the API is told of the proxy",
        () ->
            config(tenant, "{policies,0,egressProxy}")
                .equals(service.getSpec().getClusterIP() + ":3128"));
    assertThat(config(tenant, "{policies,0,network,egress,0}")).isEqualTo("index.example.com:443");

    String uid = wayOut(tenant).orElseThrow().getMetadata().getUid();
    kubernetes.resource(wayOut(tenant).orElseThrow()).delete();
    Cluster.eventually(
        "healed",
        () -> wayOut(tenant).filter(p -> !p.getMetadata().getUid().equals(uid)).isPresent());

    cluster.patch(policy, "{\"spec\":{\"network\":{\"egress\":[]}}}");
    cluster.awaitReason(policy, ConditionType.EgressEnforced, "NotRequired");
    Cluster.eventually("closed", () -> wayOut(tenant).isEmpty());
    Cluster.eventually(
        "the API is told", () -> config(tenant, "{policies,0,egressProxy}").equals("none"));

    cluster.patch(policy, "{\"spec\":{\"network\":{\"callback\":true}}}");
    Cluster.eventually("open for call-backs", () -> wayOut(tenant).isPresent());

    kubernetes.resource(service).delete();
    cluster.awaitReason(policy, ConditionType.Ready, "EgressProxyMissing");
    Cluster.eventually("closed again", () -> wayOut(tenant).isEmpty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "index.example.com|with a port of 1 to 65535",
        "index.example.com:0|with a port of 1 to 65535",
        "index.example.com:65536|with a port of 1 to 65535",
        "index.example.com:http|with a port of 1 to 65535",
        "https://index.example.com:443|no scheme and no path",
        "index.example.com/simple:443|no scheme and no path",
        "Index.example.com:443|in lower case",
        "*|* stands only for",
        "*:443|* stands only for",
        "*.com:443|* stands only for",
        "index.*.example.com:443|* stands only for",
        "*index.example.com:443|* stands only for",
        "10.0.0.1:443|not an address",
        "169.254.169.254:80|not an address",
        "example.0x7f:443|not an address",
        "[fd00::1]:443|not an address",
        "fd00::1:443|not an address",
        "localhost:443|at least one dot",
        "in_dex.example.com:443|labels of a-z",
        "index.example.com.:443|labels of a-z",
        "-index.example.com:443|labels of a-z",
        "päckchen.example.com:443|labels of a-z"
      })
  @DisplayName("K8S-1 a destination that is none is refused with what to write instead")
  void refused(String entry, String message) {
    assertThatThrownBy(() ->
            kubernetes
                .resource(policy("bad", new SandboxPolicySpec.Network(List.of(entry), false)))
                .dryRun()
                .create())
        .hasMessageContaining("spec.network.egress[0]")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "index.example.com:443",
        "index.example.com:1",
        "index.example.com:65535",
        "*.example.com:443",
        "*.a.example.com:8080",
        "x1.2a.xn--pckchen-5wa.example:443",
        "10.example.com:443"
      })
  @DisplayName("control: destinations that are some")
  void accepted(String entry) {
    assertThat(
            kubernetes
                .resource(policy("good", new SandboxPolicySpec.Network(List.of(entry), false)))
                .dryRun()
                .create()
                .getSpec()
                .network()
                .egress())
        .containsExactly(entry);
  }

  @Test
  @DisplayName("at most 64, none twice")
  void bounded() {
    List<String> many =
        java.util.stream.IntStream.rangeClosed(1, 65)
            .mapToObj(i -> "n" + i + ".example.com:443")
            .toList();
    assertThatThrownBy(() ->
            kubernetes
                .resource(policy("many", new SandboxPolicySpec.Network(many, false)))
                .dryRun()
                .create())
        .hasMessageContaining("64");
    assertThatThrownBy(() ->
            kubernetes
                .resource(
                    policy(
                        "twice",
                        new SandboxPolicySpec.Network(
                            List.of("a.example.com:443", "a.example.com:443"), false)))
                .dryRun()
                .create())
        .hasMessageContaining("Duplicate");
  }
}

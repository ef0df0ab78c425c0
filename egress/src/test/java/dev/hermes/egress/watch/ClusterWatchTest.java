package dev.hermes.egress.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.Names;
import dev.hermes.crds.egress.EgressReason;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.egress.access.Access;
import dev.hermes.egress.access.Registry;
import dev.hermes.egress.access.Sandbox;
import dev.hermes.egress.access.TokenVerifier;
import dev.hermes.egress.access.Verdict;
import dev.hermes.egress.destination.Destination;
import dev.hermes.egress.testing.Tokens;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is written to the cluster is what decides, within moments. */
@EnableKubernetesMockClient(crud = true)
class ClusterWatchTest {
  private static final String ID = "01980000-0000-7000-8000-00000000abcd";
  private static final String NAMESPACE = Names.namespaceOf("acme", ID);
  private static final Duration IN_FORCE = Duration.ofSeconds(2);
  private static final Destination INDEX = Destination.parse("index.example.com:443").orElseThrow();

  KubernetesClient client;

  private final Tokens tokens = new Tokens();
  private final Registry registry = new Registry();
  private final Access access =
      new Access(
          registry,
          new TokenVerifier(() -> List.of(tokens.pair().getPublic()), Clock.systemUTC()),
          new Access.Callback(
              Destination.parse("platform.hermes.internal:80").orElseThrow(), Set.of("/v1/me")));
  private ClusterWatch watch;
  private Pod pod;

  @BeforeEach
  void start() {
    client.resource(policy("index.example.com:443")).create();
    client.resource(tenant(false, List.of("default"))).create();
    pod = client.resource(pod("sbx-1", Names.CLAIMED)).create();
    watch = new ClusterWatch(client, registry);
    assertThat(watch.isSynced()).isFalse();
    watch.start();
    await().atMost(IN_FORCE).until(watch::isSynced);
  }

  @AfterEach
  void close() {
    watch.close();
  }

  private static SandboxPolicy policy(String... egress) {
    SandboxPolicy policy = new SandboxPolicy();
    policy.setMetadata(new ObjectMetaBuilder().withName("default").build());
    policy.setSpec(
        SandboxPolicySpec.defaults()
            .withNetwork(new SandboxPolicySpec.Network(List.of(egress), false)));
    return policy;
  }

  /** As JSON, so that a new field of the kind changes nothing here. */
  private static Tenant tenant(boolean suspended, List<String> policies) {
    return Serialization.unmarshal(
        Serialization.asJson(
            Map.of(
                "apiVersion",
                "hermes.dev/v1alpha1",
                "kind",
                "Tenant",
                "metadata",
                Map.of("name", "acme"),
                "spec",
                Map.of("suspended", suspended, "sandbox", Map.of("policies", policies)),
                "status",
                Map.of("tenantId", ID, "namespace", NAMESPACE))),
        Tenant.class);
  }

  private static Pod pod(String name, String state) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(NAMESPACE)
        .addToLabels(Names.SANDBOX_STATE, state)
        .addToLabels(Names.TENANT, "acme")
        .addToLabels(Names.TENANT_ID, ID)
        .addToLabels(Names.POLICY, "default")
        .addToAnnotations(Names.SANDBOX_ID, "sb-1")
        .endMetadata()
        .withNewStatus()
        .withPhase("Running")
        .withPodIP("fd00::7")
        .endStatus()
        .build();
  }

  private void annotate(String egress) {
    client
        .pods()
        .inNamespace(NAMESPACE)
        .withName("sbx-1")
        .edit(it ->
            egress == null
                ? new PodBuilder(it)
                    .editMetadata()
                    .removeFromAnnotations(Names.SANDBOX_EGRESS)
                    .endMetadata()
                    .build()
                : new PodBuilder(it)
                    .editMetadata()
                    .addToAnnotations(Names.SANDBOX_EGRESS, egress)
                    .endMetadata()
                    .build());
  }

  private Verdict identify(Pod who) {
    return access.identify(
        "fd00:0:0:0:0:0:0:7", Optional.of(Tokens.basic(tokens.of(who.getMetadata().getUid()))));
  }

  private Optional<EgressReason> refusal() {
    return identify(pod) instanceof Verdict.Known known
        ? access.refuses(known.sandbox(), INDEX).map(refusal -> refusal.reason())
        : Optional.of(((Verdict.Refused) identify(pod)).refusal().reason());
  }

  private void becomes(EgressReason reason) {
    await().atMost(IN_FORCE).until(() -> refusal().equals(Optional.ofNullable(reason)));
  }

  @Test
  @DisplayName("SBX-8 each change of policy, tenant and pod is in force within two seconds")
  void changes() {
    becomes(null);
    client.resource(policy("other.example.com:443")).update();
    becomes(EgressReason.HostNotAllowed);
    client.resource(policy("*.example.com:443")).update();
    becomes(null);
    annotate("none");
    becomes(EgressReason.HostNotInSandboxNetwork);
    annotate("*.example.com");
    becomes(null);
    annotate("other.example.com:443");
    becomes(EgressReason.HostNotInSandboxNetwork);
    annotate(null);
    becomes(null);
    client.resource(tenant(true, List.of("default"))).update();
    becomes(EgressReason.TenantSuspended);
    client.resource(tenant(false, List.of("other"))).update();
    becomes(EgressReason.PolicyUnknown);
    client.resource(tenant(false, List.of("default"))).update();
    becomes(null);
    client.resources(SandboxPolicy.class).withName("default").delete();
    becomes(EgressReason.PolicyUnknown);
    client.resource(policy("index.example.com:443")).create();
    becomes(null);
    client.resources(Tenant.class).withName("acme").delete();
    becomes(EgressReason.TenantUnknown);
    client.resource(tenant(false, List.of("default"))).create();
    becomes(null);
    client.resource(pod).delete();
    becomes(EgressReason.SandboxUnknown);
  }

  @Test
  @DisplayName("a pod counts from the moment it is claimed, and as what its labels say")
  void claim() {
    assertThat(identify(pod))
        .isInstanceOfSatisfying(
            Verdict.Known.class,
            known ->
                assertThat(known.sandbox())
                    .extracting(Sandbox::tenantId, Sandbox::policy, Sandbox::sandboxId)
                    .containsExactly(ID, "default", "sb-1"));
    client.resource(pod).delete();
    Pod warm = client.resource(pod("sbx-2", Names.WARM)).create();
    await()
        .atMost(IN_FORCE)
        .until(() ->
            identify(warm) instanceof Verdict.Refused refused
                && refused.refusal().reason() == EgressReason.SandboxNotClaimed);
    client
        .pods()
        .inNamespace(NAMESPACE)
        .withName("sbx-2")
        .edit(now ->
            new PodBuilder(now)
                .editMetadata()
                .addToLabels(Names.SANDBOX_STATE, Names.CLAIMED)
                .endMetadata()
                .build());
    await().atMost(IN_FORCE).until(() -> identify(warm) instanceof Verdict.Known);
  }

  @Test
  @DisplayName("a pod that does not run, or is to go, has no address")
  void ended() {
    for (String phase : List.of("Pending", "Succeeded", "Failed", "Unknown")) {
      assertThat(
              PodReading.sandbox(
                  new PodBuilder(pod).editStatus().withPhase(phase).endStatus().build()))
          .isEmpty();
    }
    assertThat(
            PodReading.sandbox(
                new PodBuilder(pod)
                    .editMetadata()
                    .withDeletionTimestamp("2026-01-01T00:00:00Z")
                    .endMetadata()
                    .build()))
        .isEmpty();
    assertThat(PodReading.sandbox(pod)).as("control").isPresent();
  }
}

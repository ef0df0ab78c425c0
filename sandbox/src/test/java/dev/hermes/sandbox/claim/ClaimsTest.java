package dev.hermes.sandbox.claim;

import static dev.hermes.sandbox.Policies.KEYS;
import static dev.hermes.sandbox.Policies.TENANT_ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.sandbox.Policies;
import dev.hermes.sandbox.pod.SandboxPod;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodListBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The requests that a claim makes, and what it does with each answer. */
@EnableKubernetesMockClient
class ClaimsTest {
  private static final Claim LEASE = new Claim("lease-1");
  private static final Claim NARROW =
      new Claim(
          "lease-1", Optional.of(SandboxEgress.of(List.of("index.example:443", "*.ACME.example"))));

  private static final String NAMESPACE = "hermes-demo-0000abcd";
  private static final String PODS = "/api/v1/namespaces/" + NAMESPACE + "/pods";
  private static final Instant NOW = Instant.parse("2026-06-01T12:00:00.5Z");
  private static final String LIST =
      PODS
          + "?labelSelector="
          + URLEncoder.encode(
              "hermes.dev/tenant-id="
                  + TENANT_ID
                  + ",hermes.dev/policy=default,hermes.dev/sandbox-state=warm",
              StandardCharsets.UTF_8)
          + "&resourceVersion=0";

  KubernetesMockServer server;
  KubernetesClient client;
  private final EffectivePolicy policy = Policies.defaults();
  private Claims claims;

  @BeforeEach
  void claims() {
    claims = new Claims(client, Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private Pod pod(String name) {
    return new PodBuilder(
            SandboxPod.desired(SandboxPodRequest.warm(TENANT_ID, "demo", NAMESPACE, policy, KEYS)))
        .editMetadata()
        .withName(name)
        .withUid("uid-" + name)
        .withResourceVersion("7")
        .endMetadata()
        .withNewStatus()
        .withPhase("Running")
        .withPodIP("10.244.0.9")
        .withStartTime("2026-06-01T11:58:00Z")
        .addNewCondition()
        .withType("Ready")
        .withStatus("True")
        .endCondition()
        .endStatus()
        .build();
  }

  private void list(Pod... pods) {
    server
        .expect()
        .get()
        .withPath(LIST)
        .andReturn(200, new PodListBuilder().withItems(pods).build())
        .always();
  }

  private void patch(String name, int status) {
    Object body =
        status == 200
            ? pod(name)
            : new StatusBuilder().withCode(status).withMessage("refused").build();
    server
        .expect()
        .patch()
        .withPath(PODS + "/" + name + "?fieldManager=hermes-api")
        .andReturn(status, body)
        .always();
  }

  private List<String> requests() throws InterruptedException {
    List<String> requests = new ArrayList<>();
    while (true) {
      var request = server.takeRequest(10, TimeUnit.MILLISECONDS);
      if (request == null) {
        return requests;
      }
      requests.add(request.getMethod() + " " + request.getPath());
    }
  }

  @Test
  @DisplayName("a claim is one list and one patch that holds the pod's resourceVersion")
  void claim() throws Exception {
    list(pod("a"));
    patch("a", 200);
    assertThat(claims.claimWarm(NAMESPACE, TENANT_ID, policy, LEASE))
        .contains(new ClaimedPod("a", "uid-a", "10.244.0.9", NAMESPACE));
    server.takeRequest();
    var patch = server.takeRequest();
    assertThat(patch.getHeader("Content-Type")).startsWith("application/merge-patch+json");
    assertThat(patch.getHeader("Accept")).startsWith("application/json;as=PartialObjectMetadata");
    assertThat(Serialization.jsonMapper().readTree(patch.getBody().readUtf8()))
        .isEqualTo(
            Serialization.jsonMapper()
                .readTree(
                    """
                    {"metadata": {"resourceVersion": "7",
                      "labels": {"hermes.dev/sandbox-state": "claimed"},
                      "annotations": {"hermes.dev/sandbox-id": "lease-1"}},
                     "spec": {"activeDeadlineSeconds": 3721}}
                    """));
    assertThat(requests()).isEmpty();
  }

  @Test
  @DisplayName("SBX-8 a sandbox that wants less than its policy allows is narrow from its claim on")
  void narrowClaim() throws Exception {
    list(pod("a"));
    patch("a", 200);
    assertThat(claims.claimWarm(NAMESPACE, TENANT_ID, policy, NARROW)).isPresent();
    server.takeRequest();
    assertThat(
            Serialization.jsonMapper()
                .readTree(server.takeRequest().getBody().readUtf8())
                .at("/metadata/annotations/hermes.dev~1sandbox-egress")
                .asText())
        .isEqualTo("*.acme.example,index.example:443");
    assertThat(
            SandboxPod.desired(
                    SandboxPodRequest.claimed(TENANT_ID, "demo", NAMESPACE, policy, KEYS, NARROW))
                .getMetadata()
                .getAnnotations())
        .containsEntry("hermes.dev/sandbox-egress", "*.acme.example,index.example:443");
  }

  @Test
  @DisplayName("SBX-8 what a sandbox may reach is changed by one patch of that very pod")
  void narrow() throws Exception {
    patch("a", 200);
    assertThat(claims.narrow(NAMESPACE, "a", "uid-a", Optional.of(SandboxEgress.nothing())))
        .isTrue();
    assertThat(claims.narrow(NAMESPACE, "a", "uid-a", Optional.empty())).isTrue();
    String form =
        "{\"metadata\":{\"uid\":\"uid-a\",\"annotations\":{\"hermes.dev/sandbox-egress\":%s}}}";
    assertThat(server.takeRequest().getBody().readUtf8()).isEqualTo(form.formatted("\"none\""));
    assertThat(server.takeRequest().getBody().readUtf8()).isEqualTo(form.formatted("null"));
    patch("gone", 404);
    assertThat(claims.narrow(NAMESPACE, "gone", "uid-a", Optional.empty())).isFalse();
    patch("refused", 403);
    assertThatThrownBy(() -> claims.narrow(NAMESPACE, "refused", "uid-a", Optional.empty()))
        .isInstanceOf(KubernetesClientException.class);
  }

  @Test
  @DisplayName("a pod lost to another caller (409), gone (404) or refused (422) is passed over")
  void nextCandidate() throws Exception {
    list(pod("a"), pod("b"), pod("c"), pod("d"));
    patch("a", 409);
    patch("b", 404);
    patch("c", 422);
    patch("d", 200);
    for (int i = 0; i < 10; i++) {
      assertThat(claims.claimWarm(NAMESPACE, TENANT_ID, policy, LEASE).orElseThrow().name())
          .isEqualTo("d");
    }
    assertThat(requests())
        .contains(
            "PATCH " + PODS + "/a?fieldManager=hermes-api",
            "PATCH " + PODS + "/b?fieldManager=hermes-api");
  }

  @Test
  @DisplayName("none is left: empty; the API server fails: an exception, not a cold start")
  void none() {
    list(pod("a"));
    patch("a", 409);
    assertThat(claims.claimWarm(NAMESPACE, TENANT_ID, policy, LEASE)).isEmpty();
    server
        .expect()
        .get()
        .withPath(LIST.replace(TENANT_ID, "other"))
        .andReturn(403, new StatusBuilder().withCode(403).build())
        .always();
    assertThatThrownBy(() -> claims.claimWarm(NAMESPACE, "other", policy, LEASE))
        .isInstanceOf(KubernetesClientException.class);
  }

  @Test
  @DisplayName("a claim that is refused says which pod and why")
  void refused() {
    list(pod("a"));
    patch("a", 403);
    assertThatThrownBy(() -> claims.claimWarm(NAMESPACE, TENANT_ID, policy, LEASE))
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(403))
        .hasMessage("the claim of pod a is answered with 403: refused");
  }

  @Test
  @DisplayName("only pods that are Ready, wanted and of this very policy are candidates")
  void candidates() throws Exception {
    Pod deleted = pod("deleted");
    deleted.getMetadata().setDeletionTimestamp("2026-06-01T11:59:00Z");
    Pod old = pod("old");
    old.getMetadata().getAnnotations().put(Names.POLICY_HASH, "x");
    Pod unhashed = pod("unhashed");
    unhashed.getMetadata().setAnnotations(null);
    Pod unready = pod("unready");
    unready.getStatus().getConditions().getFirst().setStatus("False");
    Pod pending = pod("pending");
    pending.getStatus().setPhase("Pending");
    Pod addressless = pod("addressless");
    addressless.getStatus().setPodIP(null);
    list(deleted, old, unhashed, unready, pending, addressless);
    assertThat(claims.claimWarm(NAMESPACE, TENANT_ID, policy, LEASE)).isEmpty();
    assertThat(requests()).hasSize(1);
  }

  @Test
  @DisplayName("callers start at different candidates")
  void shuffled() {
    list(pod("a"), pod("b"), pod("c"), pod("d"));
    for (String name : List.of("a", "b", "c", "d")) {
      patch(name, 200);
    }
    Set<String> taken = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      taken.add(claims.claimWarm(NAMESPACE, TENANT_ID, policy, LEASE).orElseThrow().name());
    }
    assertThat(taken).containsExactlyInAnyOrder("a", "b", "c", "d");
  }

  @Test
  @DisplayName("the deadline adds the time a pod was warm, rounded up")
  void deadline() {
    ReadyPod pod =
        ReadyPod.of(Serialization.jsonMapper().<JsonNode>valueToTree(pod("a"))).orElseThrow();
    assertThat(ClaimPatch.deadline(pod, 60, Instant.parse("2026-06-01T11:58:00Z"))).isEqualTo(60);
    assertThat(ClaimPatch.deadline(pod, 60, Instant.parse("2026-06-01T11:58:00.001Z")))
        .isEqualTo(61);
    assertThat(ClaimPatch.deadline(pod, 60, Instant.parse("2026-06-01T11:59:00Z"))).isEqualTo(120);
    assertThat(ClaimPatch.deadline(pod, 60, Instant.parse("2026-06-01T11:50:00Z")))
        .as("clocks of two machines")
        .isEqualTo(60);
  }

  private SandboxPodRequest cold() {
    return SandboxPodRequest.claimed(TENANT_ID, "demo", NAMESPACE, policy, KEYS, LEASE);
  }

  private Creation create(int status, String message) {
    Object body =
        status == 201
            ? pod("sbx-default-x")
            : new StatusBuilder().withCode(status).withMessage(message).build();
    server.expect().post().withPath(PODS).andReturn(status, body).once();
    return claims.createCold(cold());
  }

  @Test
  @DisplayName("a cold pod is created, or the quota or an admission policy says why not")
  void create() {
    assertThat(create(201, ""))
        .isEqualTo(new Creation.Created("sbx-default-x", "uid-sbx-default-x", NAMESPACE));
    assertThat(create(403, "pods \"x\" is forbidden: exceeded quota: hermes-sandboxes"))
        .isInstanceOf(Creation.QuotaUsedUp.class);
    assertThat(create(403, "is forbidden: User cannot create"))
        .isInstanceOf(Creation.Refused.class);
    assertThat(create(422, "spec.runtimeClassName is not allowed"))
        .isEqualTo(new Creation.Refused("spec.runtimeClassName is not allowed"));
    assertThat(create(404, "namespaces not found")).isInstanceOf(Creation.Refused.class);
    assertThatThrownBy(() -> create(409, "exists")).isInstanceOf(KubernetesClientException.class);
    assertThatThrownBy(() ->
            claims.createCold(SandboxPodRequest.warm(TENANT_ID, "demo", NAMESPACE, policy, KEYS)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @DisplayName("waiting ends when the pod is Ready, when it has ended, and at the deadline")
  void await() throws Exception {
    Claims live = new Claims(client, Clock.systemUTC());
    Pod pending = pod("a");
    pending.getStatus().setPhase("Pending");
    server.expect().get().withPath(PODS + "/a").andReturn(200, pending).times(2);
    server.expect().get().withPath(PODS + "/a").andReturn(200, pod("a")).always();
    Instant soon = Instant.now().plusSeconds(20);
    assertThat(live.awaitReady(NAMESPACE, "a", soon))
        .isEqualTo(new Readiness.Ready(new ClaimedPod("a", "uid-a", "10.244.0.9", NAMESPACE)));

    Pod failed = pod("b");
    failed.getStatus().setPhase("Failed");
    failed.getStatus().setReason("DeadlineExceeded");
    failed.getStatus().setMessage("too old");
    server.expect().get().withPath(PODS + "/b").andReturn(200, failed).always();
    assertThat(live.awaitReady(NAMESPACE, "b", soon))
        .isEqualTo(new Readiness.Gone("DeadlineExceeded: too old"));
    assertThat(live.awaitReady(NAMESPACE, "absent", soon))
        .isEqualTo(new Readiness.Gone("the pod was deleted"));

    Pod unscheduled =
        new PodBuilder(pod("c"))
            .editStatus()
            .withPhase("Pending")
            .withConditions()
            .addNewCondition()
            .withType("PodScheduled")
            .withStatus("False")
            .withReason("Unschedulable")
            .withMessage("Insufficient memory")
            .endCondition()
            .endStatus()
            .build();
    server.expect().get().withPath(PODS + "/c").andReturn(200, unscheduled).always();
    assertThat(live.awaitReady(NAMESPACE, "c", Instant.now().plusMillis(250)))
        .isEqualTo(new Readiness.TimedOut("Unschedulable: Insufficient memory"));

    Pod pulling =
        new PodBuilder(unscheduled)
            .editStatus()
            .addNewContainerStatus()
            .withNewState()
            .withNewWaiting()
            .withReason("ErrImagePull")
            .withMessage("not found")
            .endWaiting()
            .endState()
            .endContainerStatus()
            .endStatus()
            .build();
    server.expect().get().withPath(PODS + "/d").andReturn(200, pulling).always();
    assertThat(live.awaitReady(NAMESPACE, "d", Instant.now()))
        .isEqualTo(new Readiness.TimedOut("ErrImagePull: not found"));
  }

  @Test
  @DisplayName("a pod may be used once its start gate is open, before the kubelet says Ready")
  void started() throws Exception {
    Claims live = new Claims(client, Clock.systemUTC());
    server.expect().get().withPath(PODS + "/s").andReturn(200, running("s", true)).always();
    assertThat(live.awaitReady(NAMESPACE, "s", Instant.now().plusSeconds(20)))
        .isEqualTo(new Readiness.Ready(new ClaimedPod("s", "uid-s", "10.244.0.9", NAMESPACE)));

    server.expect().get().withPath(PODS + "/t").andReturn(200, running("t", false)).always();
    assertThat(live.awaitReady(NAMESPACE, "t", Instant.now()))
        .as("control: it runs, and its gate is shut")
        .isEqualTo(new Readiness.TimedOut("the start gate is closed"));
  }

  private Pod running(String name, boolean started) {
    return new PodBuilder(pod(name))
        .editStatus()
        .withConditions()
        .addNewContainerStatus()
        .withStarted(started)
        .withNewState()
        .withNewRunning()
        .endRunning()
        .endState()
        .endContainerStatus()
        .endStatus()
        .build();
  }

  @Test
  @DisplayName("a pod that can be watched is asked for once, and seen when it is Ready or gone")
  void watched() throws Exception {
    Claims live = new Claims(client, Clock.systemUTC());
    Pod pending = pod("w");
    pending.getStatus().setPhase("Pending");
    server.expect().get().withPath(PODS + "/w").andReturn(200, pending).once();
    server
        .expect()
        .get()
        .withPath(watchOf("w"))
        .andReturn(200, event("MODIFIED", pending) + event("MODIFIED", pod("w")))
        .once();
    assertThat(live.awaitReady(NAMESPACE, "w", Instant.now().plusSeconds(20)))
        .isEqualTo(new Readiness.Ready(new ClaimedPod("w", "uid-w", "10.244.0.9", NAMESPACE)));

    Pod gone = pod("g");
    gone.getStatus().setPhase("Pending");
    server.expect().get().withPath(PODS + "/g").andReturn(200, gone).once();
    server.expect().get().withPath(watchOf("g")).andReturn(200, event("DELETED", gone)).once();
    assertThat(live.awaitReady(NAMESPACE, "g", Instant.now().plusSeconds(20)))
        .isEqualTo(new Readiness.Gone("the pod was deleted"));
  }

  private String watchOf(String name) {
    return PODS
        + "?watch=true&fieldSelector=metadata.name%3D"
        + name
        + "&resourceVersion="
        + pod(name).getMetadata().getResourceVersion()
        + "&timeoutSeconds=6";
  }

  private static String event(String type, Pod pod) {
    return "{\"type\":\"" + type + "\",\"object\":" + Serialization.asJson(pod) + "}\n";
  }

  @Test
  @DisplayName("only the pod of that UID is deleted; one that is gone is no error")
  void delete() throws Exception {
    server.expect().delete().withPath(PODS + "/a").andReturn(200, pod("a")).once();
    claims.delete(NAMESPACE, "a", "uid-a");
    assertThat(
            Serialization.jsonMapper()
                .readTree(server.takeRequest().getBody().readUtf8())
                .at("/preconditions/uid")
                .asText())
        .isEqualTo("uid-a");
    for (int status : new int[] {404, 409}) {
      server
          .expect()
          .delete()
          .withPath(PODS + "/a")
          .andReturn(status, new StatusBuilder().withCode(status).build())
          .once();
      claims.delete(NAMESPACE, "a", "uid-a");
    }
    server
        .expect()
        .delete()
        .withPath(PODS + "/a")
        .andReturn(403, new StatusBuilder().withCode(403).build())
        .once();
    assertThatThrownBy(() -> claims.delete(NAMESPACE, "a", "uid-a"))
        .isInstanceOf(KubernetesClientException.class);
  }
}

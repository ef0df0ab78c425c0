package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.Names;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * warm, claimed, gone: a sandbox belongs to one session, and ends when that is idle or its time is
 * up.
 */
class SandboxLifeE2E {
  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final Duration LIFETIME = Duration.ofSeconds(30);
  private static TestTenant tenant;

  @BeforeAll
  static void shortLivedSandboxes() {
    tenant = TestTenant.ready("life", TestTenant.shortLived());
  }

  @AfterAll
  static void cleanUp() {
    tenant.close();
  }

  @Test
  @DisplayName("SBX-2 an idle sandbox ends; the session goes on in a new one")
  void idle() {
    var session = "idle-" + UUID.randomUUID();
    tenant.api().python(session, "x = 1");
    var pod = sandboxOf(session);
    assertThat(tenant.api().python(session, "print('x is', x)"))
        .as("control: not idle yet")
        .contains("x is 1");
    await().atMost(IDLE.plusSeconds(20)).until(() -> isGone(pod));
    assertThat(tenant.api().python(session, "print('x is', globals().get('x'))"))
        .contains("x is None");
    assertThat(sandboxOf(session)).isNotEqualTo(pod);
  }

  @Test
  @DisplayName("SBX-2 a sandbox in use ends at its lifetime, which the kubelet enforces")
  void lifetime() {
    var session = "lifetime-" + UUID.randomUUID();
    tenant.api().python(session, "x = 1");
    var pod = sandboxOf(session);
    var live = live(pod);
    var age = Duration.between(Instant.parse(live.getStatus().getStartTime()), Instant.now());
    assertThat(live.getSpec().getActiveDeadlineSeconds())
        .isBetween(1L, age.plus(LIFETIME).toSeconds() + 2);
    await()
        .atMost(LIFETIME.plusSeconds(20))
        .pollInterval(Duration.ofSeconds(2))
        .until(() ->
            tenant
                .api()
                .python(session, "print('x is', globals().get('x'))")
                .contains("x is None"));
    await().atMost(Duration.ofSeconds(20)).until(() -> isGone(pod));
  }

  @Test
  @DisplayName("SBX two sessions never share a sandbox, and a used one never goes back to the pool")
  void singleUse() {
    var first = "first-" + UUID.randomUUID();
    var second = "second-" + UUID.randomUUID();
    assertThat(tenant.api().python(first, "open('/tmp/mark', 'w').write('x'); print('wrote')"))
        .contains("wrote");
    assertThat(tenant.api().python(second, "import os; print(os.path.exists('/tmp/mark'))"))
        .contains("False");
    assertThat(sandboxOf(first)).isNotEqualTo(sandboxOf(second));
  }

  /**
   * Name of the pod that ran the session's last call: the receipt names the lease, the pod carries
   * it.
   */
  private static String sandboxOf(String session) {
    var lease =
        tenant
            .api()
            .get("/v1/execution-receipts?limit=1&session=" + session)
            .expect(200)
            .json()
            .at("/data/0/sandbox")
            .asText();
    return tenant.sandboxes().stream()
        .map(Pod::getMetadata)
        .filter(pod -> lease.equals(pod.getAnnotations().get(Names.SANDBOX_ID)))
        .map(ObjectMeta::getName)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no pod carries lease " + lease));
  }

  private static Pod live(String pod) {
    return Cluster.get().admin().pods().inNamespace(tenant.namespace()).withName(pod).get();
  }

  private static boolean isGone(String pod) {
    var live = live(pod);
    return live == null || live.getMetadata().getDeletionTimestamp() != null;
  }
}

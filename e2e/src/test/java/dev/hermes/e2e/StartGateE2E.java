package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A new pod can send before its policies are programmed; no sandbox is handed out before that
 * window has closed.
 */
class StartGateE2E {
  @Test
  @DisplayName("SBX-5 the first packets of new sandboxes reach nothing, warm and cold")
  void firstPackets() throws Exception {
    var cluster = Cluster.get();
    var canary =
        cluster
            .admin()
            .services()
            .inNamespace(Cluster.SYSTEM)
            .withName("hermes-netcanary")
            .require()
            .getSpec()
            .getClusterIP();
    try (var tenant = TestTenant.ready("gate");
        var free = ProbePod.start(tenant.apps(), "free", Map.of())) {
      assertThat(free.reach(canary, 8080))
          .as("control: the target answers")
          .isEqualTo(Reach.REACHED);
      // one warm pod, the others cold or just made: more sessions than the pool holds
      for (var i = 0; i < 5; i++) {
        var session = "gate-" + UUID.randomUUID();
        assertThat(tenant.api().python(session, Reach.code(canary, 8080)))
            .as("sandbox " + i)
            .contains("refused")
            .doesNotContain(Reach.REACHED);
      }
    }
  }

  @Test
  @DisplayName(
      "SBX-5 the gate has something to refuse: every sandbox is told the API server and the canary")
  void gateHasTargets() {
    var args =
        Cluster.get()
            .admin()
            .pods()
            .inAnyNamespace()
            .withLabel("hermes.dev/sandbox-state")
            .list()
            .getItems()
            .stream()
            .flatMap(pod -> pod.getSpec().getContainers().getFirst().getArgs().stream())
            .filter(arg -> arg.startsWith("--deny"))
            .toList();
    assertThat(args).isNotEmpty().allMatch(arg -> arg.contains(",") || arg.contains(":"));
  }
}

package dev.hermes.operator.canary;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Reason;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.operator.sandboxpolicy.CanarySubject;
import dev.hermes.operator.sandboxpolicy.Check;
import dev.hermes.operator.sandboxpolicy.Finding;
import dev.hermes.operator.sandboxpolicy.Finding.Broken;
import dev.hermes.operator.sandboxpolicy.Finding.Held;
import dev.hermes.operator.sandboxpolicy.Finding.Untold;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictsTest {
  private static final Optional<String> NODE = Optional.of("boot-of-the-node");

  private static Map<Check, Finding> walls(CanarySubject subject, String report) {
    return new Verdicts(subject, Ending.of(CanaryFixtures.ended(0, "Completed", report)), NODE)
        .of(Stage.WALLS);
  }

  private static Finding of(Stage stage, Pod pod) {
    return new Verdicts(CanaryFixtures.closed(), Ending.of(pod), NODE)
        .of(stage)
        .get(stage.checks().getFirst());
  }

  @Test
  @DisplayName("SBX-1 SBX-7 SBX-8 control: what a gVisor pod of the local node reports is all well")
  void well() {
    assertThat(walls(CanaryFixtures.open(), CanaryFixtures.WALLS))
        .hasSize(5)
        .allSatisfy((check, finding) -> assertThat(finding).isInstanceOf(Held.class));
    assertThat(walls(CanaryFixtures.closed(), CanaryFixtures.WALLS))
        .as("a closed policy has no proxy to ask")
        .hasSize(4)
        .doesNotContainKey(Check.EGRESS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "KERNEL|\"gvisor\":true|\"gvisor\":false|KernelNotIsolated|handler runsc",
        "CPU|\"millicores\":337|\"millicores\":990|CpuUnlimited|got 990m",
        "PIDS|33,\"limited\":true|192,\"limited\":false|PidsUnlimited|192 processes",
        "NETWORK|\"targets\":2|\"targets\":2,\"answered\":[\"10.96.0.1:443\"]|NetworkOpen|10.96.0.1:443",
        "EGRESS|\"status\":407|\"status\":200|EgressBypassed|HTTP 200"
      })
  @DisplayName("each wall that is open is seen, and the others still hold")
  void broken(Check check, String well, String bad, Reason reason, String says) {
    String report = CanaryFixtures.WALLS.replace("b-1", NODE.get()).replace(well, bad);
    assertThat(report).isNotEqualTo(CanaryFixtures.WALLS.replace("b-1", NODE.get()));

    Map<Check, Finding> findings = walls(CanaryFixtures.open(), report);

    assertThat(findings.get(check))
        .isInstanceOfSatisfying(
            Broken.class,
            broken -> {
              assertThat(broken.reason()).isEqualTo(reason);
              assertThat(broken.message()).contains(says);
            });
    assertThat(findings.values()).filteredOn(Held.class::isInstance).hasSize(4);
  }

  @Test
  @DisplayName(
      "SBX-18 a kernel that is neither gVisor's nor the node's is one of the sandbox's own")
  void ownKernel() {
    String vm = CanaryFixtures.WALLS.replace("\"gvisor\":true", "\"gvisor\":false");
    Ending ending = Ending.of(CanaryFixtures.ended(0, "Completed", vm));
    CanarySubject subject = CanaryFixtures.closed();

    assertThat(new Verdicts(subject, ending, NODE).of(Stage.WALLS).get(Check.KERNEL))
        .isInstanceOf(Held.class);
    assertThat(new Verdicts(subject, ending, Optional.empty()).of(Stage.WALLS).get(Check.KERNEL))
        .as("not known of the node")
        .isInstanceOf(Untold.class);
  }

  @Test
  @DisplayName("what a canary could not ask is not told")
  void untold() {
    Map<Check, Finding> findings =
        walls(
            CanaryFixtures.open(),
            """
            {"check":"walls","network":{"targets":0,"fault":"no targets"},\
            "pids":{"limit":32,"asked":192,"started":0,"limited":false,"ended":"no bash"},\
            "egress":{"error":"connection refused"}}\
            """);

    assertThat(findings)
        .allSatisfy((check, finding) -> assertThat(finding).isInstanceOf(Untold.class));
    assertThat(findings.get(Check.EGRESS).message()).contains("connection refused");
  }

  @Test
  @DisplayName(
      "SBX-7 memory: killed, refused, not killed, killed too late, killed for something else")
  void memory() {
    String taken = "209715200";
    assertThat(of(Stage.MEMORY, CanaryFixtures.ended(128, "OOMKilled", CanaryFixtures.MEMORY)))
        .isEqualTo(new Held("memory is bounded"));
    String all = CanaryFixtures.MEMORY.replace(taken, "536870912").replace("false", "true");
    assertThat(of(Stage.MEMORY, CanaryFixtures.ended(0, "Completed", all)))
        .isInstanceOfSatisfying(
            Broken.class, b -> assertThat(b.reason()).isEqualTo(Reason.MemoryUnlimited));
    String refused =
        CanaryFixtures.MEMORY.replace("false", "true,\"refused\":\"cannot allocate memory\"");
    assertThat(of(Stage.MEMORY, CanaryFixtures.ended(0, "Completed", refused)))
        .isInstanceOf(Held.class);
    String late = CanaryFixtures.MEMORY.replace(taken, "400000000");
    assertThat(of(Stage.MEMORY, CanaryFixtures.ended(137, "OOMKilled", late)))
        .isInstanceOf(Broken.class);
    String early = CanaryFixtures.MEMORY.replace(taken, "4194304");
    assertThat(of(Stage.MEMORY, CanaryFixtures.ended(1, "Error", early)))
        .isInstanceOf(Untold.class);
    for (String reason : new String[] {"Evicted", "DeadlineExceeded"}) {
      assertThat(of(Stage.MEMORY, CanaryFixtures.stopped(reason, "node", CanaryFixtures.MEMORY)))
          .isInstanceOf(Untold.class);
    }
  }

  @Test
  @DisplayName("SBX-7 disk: evicted for it, refused, kept, evicted for something else")
  void disk() {
    String kept = "{\"disk\":{\"asked\":201326592,\"taken\":201326592,\"done\":true}}";
    String message = "Usage of EmptyDir volume \"home\" exceeds the limit \"64Mi\". ";
    assertThat(of(Stage.DISK, CanaryFixtures.stopped("Evicted", message, "no longer there")))
        .isEqualTo(new Held("disk is bounded"));
    assertThat(of(Stage.DISK, CanaryFixtures.ended(0, "Completed", kept)))
        .isInstanceOfSatisfying(
            Broken.class,
            b -> {
              assertThat(b.reason()).isEqualTo(Reason.DiskUnlimited);
              assertThat(b.message()).contains("limited to 64Mi kept 192Mi");
            });
    String full = kept.replace("true", "true,\"refused\":\"no space left on device\"");
    assertThat(of(Stage.DISK, CanaryFixtures.ended(0, "Completed", full))).isInstanceOf(Held.class);
    assertThat(
            of(
                Stage.DISK,
                CanaryFixtures.stopped("Evicted", "The node was low on resource: memory.", kept)))
        .isInstanceOf(Untold.class);
  }

  @Test
  @DisplayName("why a pod has no report is said: too old a daemon, no node, no image")
  void endings() {
    Ending late = Ending.of(CanaryFixtures.stopped("DeadlineExceeded", "too long", "no report"));
    assertThat(new Verdicts(CanaryFixtures.closed(), late, NODE).of(Stage.WALLS))
        .hasSize(5)
        .allSatisfy((check, finding) -> assertThat(finding.message()).contains("too long"));
    Pod pending =
        new PodBuilder()
            .withNewStatus()
            .withPhase("Pending")
            .addNewCondition()
            .withType("PodScheduled")
            .withStatus("False")
            .withReason("Unschedulable")
            .withMessage("0/3 nodes are available")
            .endCondition()
            .endStatus()
            .build();
    assertThat(Ending.of(pending).over()).isFalse();
    assertThat(Ending.of(pending).unschedulable()).isTrue();
    assertThat(Ending.of(pending).said()).contains("0/3 nodes");
    assertThat(Ending.of(new Pod()).said()).contains("this release's daemon");
  }

  @Test
  @DisplayName("policies that differ in what walls do not hang on share a canary; others do not")
  void subjects() {
    SandboxPolicySpec d = SandboxPolicySpec.defaults();
    SandboxPolicySpec larger =
        new SandboxPolicySpec(
            d.runtimeClassName(),
            d.image(),
            d.tools(),
            new SandboxPolicySpec.Resources("4", "64Gi", "100Gi", 4096),
            d.limits(),
            new SandboxPolicySpec.Pool(5, 50, 900),
            d.network(),
            Backend.Pod);
    SandboxPolicySpec smaller =
        new SandboxPolicySpec(
            d.runtimeClassName(),
            d.image(),
            d.tools(),
            new SandboxPolicySpec.Resources("100m", "96Mi", "32Mi", 16),
            d.limits(),
            d.pool(),
            d.network(),
            Backend.Pod);
    String key = CanaryFixtures.closed().key();
    assertThat(CanaryFixtures.subject(larger, "runsc").key()).isEqualTo(key);
    assertThat(CanaryFixtures.subject(smaller, "runsc").key()).isNotEqualTo(key);
    assertThat(CanaryFixtures.subject(smaller, "runsc").effective().resources())
        .isEqualTo(smaller.resources());
    assertThat(CanaryFixtures.subject(d, "runc").key()).isNotEqualTo(key);
    assertThat(CanaryFixtures.open().key()).isNotEqualTo(key);
  }
}

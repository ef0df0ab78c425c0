package dev.hermes.operator.canary;

import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.operator.sandboxpolicy.AgentSandboxApi;
import dev.hermes.operator.sandboxpolicy.CanarySubject;
import dev.hermes.operator.sandboxpolicy.DenyTargets;
import dev.hermes.operator.sandboxpolicy.EgressProxy;
import dev.hermes.operator.sandboxpolicy.Policies;
import dev.hermes.operator.sandboxpolicy.Proofs;
import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import dev.hermes.operator.testing.Fixtures;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClassBuilder;
import java.util.List;
import java.util.Optional;

/** Subjects, and pods as kubelets leave them; the reports are such as the local node's gave. */
final class CanaryFixtures {
  static final String WALLS =
      """
      {"check":"walls","kernel":{"gvisor":true,"version":"Linux version 4.4.0","bootId":"b-1"},\
      "cpu":{"millicores":337,"threads":2},"pids":{"limit":32,"asked":192,"started":33,\
      "limited":true,"ended":"too many processes: 33, at most 32 are allowed"},\
      "network":{"targets":2},"egress":{"status":407}}\
      """;
  static final String MEMORY =
      "{\"check\":\"memory\",\"memory\":{\"asked\":536870912,\"taken\":209715200,\"done\":false}}";

  private CanaryFixtures() {}

  static RuntimeClass runtimeClass(String handler) {
    return new RuntimeClassBuilder()
        .withNewMetadata()
        .withName("gvisor")
        .endMetadata()
        .withHandler(handler)
        .withNewOverhead()
        .addToPodFixed("cpu", new Quantity("10m"))
        .addToPodFixed("memory", new Quantity("32Mi"))
        .endOverhead()
        .build();
  }

  static ResolvedPolicy resolved(SandboxPolicySpec spec, String handler) {
    SandboxPolicy policy = new SandboxPolicy();
    policy.setMetadata(new ObjectMetaBuilder().withName("default").withGeneration(1L).build());
    policy.setSpec(spec);
    return new Policies(
            name -> Optional.of(runtimeClass(handler)),
            () -> new DenyTargets(List.of("10.96.0.1:443", "10.96.7.7:8080"), Optional.empty()),
            () -> new EgressProxy.At("10.96.0.31:3128"),
            AgentSandboxApi.Disabled::new,
            subject -> Proofs.off(),
            Optional.of(Fixtures.IMAGE),
            false)
        .resolve(policy);
  }

  static CanarySubject subject(SandboxPolicySpec spec, String handler) {
    return resolved(spec, handler).subject().orElseThrow();
  }

  static CanarySubject closed() {
    return subject(SandboxPolicySpec.defaults(), "runsc");
  }

  static CanarySubject open() {
    return subject(
        SandboxPolicySpec.defaults()
            .withNetwork(new SandboxPolicySpec.Network(List.of("index.example.com:443"), false)),
        "runsc");
  }

  static Pod ended(int exitCode, String reason, String report) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("canary")
        .endMetadata()
        .withNewSpec()
        .withNodeName("node-1")
        .endSpec()
        .withNewStatus()
        .withPhase(exitCode == 0 ? "Succeeded" : "Failed")
        .addNewContainerStatus()
        .withNewState()
        .withNewTerminated()
        .withExitCode(exitCode)
        .withReason(reason)
        .withMessage(report)
        .endTerminated()
        .endState()
        .endContainerStatus()
        .endStatus()
        .build();
  }

  /** Ended by the kubelet's own decision. */
  static Pod stopped(String reason, String message, String report) {
    return new PodBuilder(ended(137, "Error", report))
        .editStatus()
        .withReason(reason)
        .withMessage(message)
        .endStatus()
        .build();
  }
}

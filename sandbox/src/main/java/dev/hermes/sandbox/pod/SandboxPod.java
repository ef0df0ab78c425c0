package dev.hermes.sandbox.pod;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import java.util.List;
import java.util.Map;

/**
 * The one shape of a sandbox pod. The operator makes warm ones of it, the API claimed ones; the
 * admission policies of the chart refuse everything that is freer.
 */
public final class SandboxPod {
  static final long UID = 65532L;
  static final String HOME = "/home/user";
  static final String UID_DIR = "/etc/hermes-pod";

  private SandboxPod() {}

  /** The pod to create; the API server gives it a name with the prefix {@code sbx-<policy>-}. */
  public static Pod desired(SandboxPodRequest request) {
    EffectivePolicy policy = request.policy();
    boolean claimed = request.state() == SandboxPodRequest.State.CLAIMED;
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace(request.namespace())
        .withGenerateName("sbx-" + policy.name() + "-")
        .addToLabels(Names.TENANT_ID, request.tenantId())
        .addToLabels(Names.TENANT, request.tenantName())
        .addToLabels(Names.POLICY, policy.name())
        .addToLabels(Names.SANDBOX_STATE, claimed ? Names.CLAIMED : Names.WARM)
        .addToLabels(Names.MANAGED_BY, Names.MANAGED_BY_OPERATOR)
        .addToAnnotations(Names.POLICY_HASH, policyHash(policy))
        .addToAnnotations(
            request
                .claim()
                .map(claim -> Map.of(Names.SANDBOX_ID, claim.sandboxId()))
                .orElseGet(Map::of))
        .endMetadata()
        .withSpec(spec(policy, request.publicKeys(), claimed))
        .build();
  }

  /**
   * Hash of the part of the policy that shapes the pod; a pod with another one is not handed out.
   * Signing keys are not in it: the two processes may see a new one at different times.
   */
  public static String policyHash(EffectivePolicy policy) {
    return PolicyHash.of(spec(policy, "", false));
  }

  private static PodSpec spec(EffectivePolicy policy, String publicKeys, boolean claimed) {
    return new PodSpecBuilder()
        .withRuntimeClassName(policy.runtimeClassName())
        .withServiceAccountName(Names.SANDBOX_SERVICE_ACCOUNT)
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withRestartPolicy("Never")
        .withTerminationGracePeriodSeconds(1L)
        .withActiveDeadlineSeconds(
            claimed ? policy.limits().maxLifetimeSeconds().longValue() : null)
        .withDnsPolicy("None")
        .withNewDnsConfig()
        .withNameservers("127.0.0.1")
        .addNewOption("timeout", "1")
        .addNewOption("attempts", "1")
        .endDnsConfig()
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(UID)
        .withRunAsGroup(UID)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .withContainers(container(policy, publicKeys))
        .withVolumes(volumes(policy))
        .build();
  }

  private static Container container(EffectivePolicy policy, String publicKeys) {
    return new ContainerBuilder()
        .withName(Names.SANDBOX_CONTAINER)
        .withImage(policy.image())
        .withImagePullPolicy("IfNotPresent")
        .withCommand("/usr/local/bin/sandboxd")
        .withArgs(DaemonArgs.of(policy, publicKeys))
        .addNewPort()
        .withName("daemon")
        .withContainerPort(Names.DAEMON_PORT)
        .withProtocol("TCP")
        .endPort()
        .withNewReadinessProbe()
        .withNewHttpGet()
        // the daemon holds the answer until its start gate opens, or the wait is over: a pod is
        // Ready at once instead of at the kubelet's next probe
        .withPath("/health?wait=1500ms")
        .withNewPort("daemon")
        .endHttpGet()
        .withInitialDelaySeconds(0)
        .withPeriodSeconds(1)
        .withTimeoutSeconds(2)
        .withSuccessThreshold(1)
        .withFailureThreshold(3)
        .endReadinessProbe()
        .withResources(resources(policy))
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(UID)
        .withAllowPrivilegeEscalation(false)
        .withPrivileged(false)
        .withReadOnlyRootFilesystem(true)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .withWorkingDir(HOME)
        .addNewVolumeMount()
        .withName("home")
        .withMountPath(HOME)
        .endVolumeMount()
        .addNewVolumeMount()
        .withName("tmp")
        .withMountPath("/tmp")
        .endVolumeMount()
        .addNewVolumeMount()
        .withName("pod")
        .withMountPath(UID_DIR)
        .withReadOnly(true)
        .endVolumeMount()
        .build();
  }

  /** Small requests, so that two warm pods fit a node of two cores. */
  private static ResourceRequirements resources(EffectivePolicy policy) {
    return new ResourceRequirementsBuilder()
        .addToRequests("cpu", new Quantity("25m"))
        .addToRequests("memory", new Quantity("64Mi"))
        .addToRequests("ephemeral-storage", new Quantity("16Mi"))
        .addToLimits("cpu", new Quantity(policy.resources().cpu()))
        .addToLimits("memory", new Quantity(policy.resources().memory()))
        .addToLimits("ephemeral-storage", new Quantity(policy.resources().ephemeralStorage()))
        .build();
  }

  private static List<Volume> volumes(EffectivePolicy policy) {
    return List.of(
        scratch("home", policy),
        scratch("tmp", policy),
        new VolumeBuilder()
            .withName("pod")
            .withNewDownwardAPI()
            .addNewItem()
            .withPath("uid")
            .withNewFieldRef()
            .withFieldPath("metadata.uid")
            .endFieldRef()
            .endItem()
            .endDownwardAPI()
            .build());
  }

  /** The pod's limit bounds both volumes together; each one's own bound is the same figure. */
  private static Volume scratch(String name, EffectivePolicy policy) {
    return new VolumeBuilder()
        .withName(name)
        .withNewEmptyDir()
        .withSizeLimit(new Quantity(policy.resources().ephemeralStorage()))
        .endEmptyDir()
        .build();
  }
}

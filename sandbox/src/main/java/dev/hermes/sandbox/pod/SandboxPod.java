package dev.hermes.sandbox.pod;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
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

  /** The pod to create; its name is to begin with {@code sbx-<policy>-}. */
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
            request.claim().map(SandboxPodRequest.Claim::annotations).orElseGet(Map::of))
        .endMetadata()
        .withSpec(spec(policy, request.publicKeys(), claimed))
        .build();
  }

  /**
   * The same for a controller that makes pods of it. They have no state and no hash: it writes the
   * labels and annotations of its template to each of its pods, claimed ones and those of an older
   * template too. {@link PodShape} tells what such a pod is.
   *
   * @param request of a warm pod
   */
  public static PodTemplateSpec template(SandboxPodRequest request) {
    if (request.state() != SandboxPodRequest.State.WARM) {
      throw new IllegalArgumentException("a template is nobody's");
    }
    Pod pod = desired(request);
    pod.getMetadata().getLabels().remove(Names.SANDBOX_STATE);
    return new PodTemplateSpecBuilder()
        .withNewMetadata()
        .withLabels(pod.getMetadata().getLabels())
        .endMetadata()
        .withSpec(pod.getSpec())
        .build();
  }

  /**
   * Hash of the part of the policy that shapes the pod; a pod with another one is not handed out.
   * Signing keys are not in it: the two processes may see a new one at different times.
   */
  public static String policyHash(EffectivePolicy policy) {
    return PolicyHash.of(spec(policy, "", false));
  }

  static PodSpec spec(EffectivePolicy policy, String publicKeys, boolean claimed) {
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
        .withContainers(container(policy, publicKeys, claimed))
        .withVolumes(volumes(policy))
        .build();
  }

  private static Container container(EffectivePolicy policy, String publicKeys, boolean claimed) {
    return new ContainerBuilder()
        .withName(Names.SANDBOX_CONTAINER)
        .withImage(policy.image())
        .withImagePullPolicy("IfNotPresent")
        .withCommand("/usr/local/bin/sandboxd")
        .withArgs(DaemonArgs.of(policy, publicKeys, claimed))
        .addNewPort()
        .withName("daemon")
        .withContainerPort(Names.DAEMON_PORT)
        .withProtocol("TCP")
        .endPort()
        .withStartupProbe(startupProbe())
        .withReadinessProbe(readinessProbe())
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

  /**
   * Asks until the start gate is open. It may ask often, for the kubelet stops with the first good
   * answer: a probe a second for life kept every waiting sandbox at a few percent of a core. A gate
   * that stays shut is the pool's to end; the kubelet does that only long after.
   */
  private static Probe startupProbe() {
    return new ProbeBuilder()
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
        .withFailureThreshold(900)
        .build();
  }

  /** Finds a waiting daemon that answers no more, within a minute and a half. */
  private static Probe readinessProbe() {
    return new ProbeBuilder()
        .withNewHttpGet()
        .withPath("/health")
        .withNewPort("daemon")
        .endHttpGet()
        .withPeriodSeconds(30)
        .withTimeoutSeconds(2)
        .withSuccessThreshold(1)
        .withFailureThreshold(3)
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

package dev.hermes.sandbox.agent;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.sandbox.pod.SandboxPod;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Map;
import java.util.TreeMap;

/**
 * The two objects that stand for a policy of one tenant with the controller of agent-sandbox; pure.
 * The pod is ours to the letter, and so are the walls around it.
 */
public final class AgentPool {
  private AgentPool() {}

  /** Name of both objects. */
  public static String nameOf(EffectivePolicy policy) {
    return "sbx-" + policy.name();
  }

  /**
   * What pods are made of. The controller is to make no NetworkPolicy of its own, which would be
   * wider than ours, and claims may add neither environment nor volumes.
   */
  public static GenericKubernetesResource template(SandboxPodRequest request) {
    PodTemplateSpec pod = SandboxPod.template(request);
    Map<String, Object> podTemplate = new TreeMap<>();
    podTemplate.put("metadata", Map.of("labels", pod.getMetadata().getLabels()));
    podTemplate.put("spec", json(pod.getSpec()));
    Map<String, Object> spec = new TreeMap<>();
    spec.put("podTemplate", podTemplate);
    spec.put("networkPolicyManagement", "Unmanaged");
    spec.put("envVarsInjectionPolicy", "Disallowed");
    spec.put("volumeClaimTemplatesPolicy", "Disallowed");
    spec.put("service", false);
    return object("SandboxTemplate", request, spec);
  }

  /**
   * How many unclaimed pods there are. A pod of an older template is replaced at once, as ours are.
   *
   * @param replicas 0 or more
   */
  public static GenericKubernetesResource pool(SandboxPodRequest request, int replicas) {
    Map<String, Object> spec = new TreeMap<>();
    spec.put("replicas", replicas);
    spec.put("sandboxTemplateRef", Map.of("name", nameOf(request.policy())));
    spec.put("updateStrategy", Map.of("type", "Recreate"));
    return object("SandboxWarmPool", request, spec);
  }

  private static GenericKubernetesResource object(
      String kind, SandboxPodRequest request, Map<String, Object> spec) {
    return new GenericKubernetesResourceBuilder()
        .withApiVersion(AgentSandbox.apiVersion())
        .withKind(kind)
        .withNewMetadata()
        .withName(nameOf(request.policy()))
        .withNamespace(request.namespace())
        .addToLabels(Names.TENANT_ID, request.tenantId())
        .addToLabels(Names.TENANT, request.tenantName())
        .addToLabels(Names.POLICY, request.policy().name())
        .addToLabels(Names.MANAGED_BY, Names.MANAGED_BY_OPERATOR)
        .endMetadata()
        .addToAdditionalProperties("spec", spec)
        .build();
  }

  /** As the API server reads it, so that it compares with what the API server answers. */
  private static Object json(Object value) {
    return Serialization.jsonMapper().convertValue(value, Object.class);
  }
}

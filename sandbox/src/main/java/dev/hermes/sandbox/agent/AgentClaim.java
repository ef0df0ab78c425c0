package dev.hermes.sandbox.agent;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.sandbox.pod.PodShape;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** A SandboxClaim: what is asked with it and what its answer says; pure. */
public final class AgentClaim {
  /** So long an ended sandbox stays readable for the one who had it, as with pods of ours. */
  private static final int ENDED_KEPT_SECONDS = 60;

  private AgentClaim() {}

  /**
   * The claim of a lease. It ends by itself at the policy's longest life: their controller keeps a
   * claim without a lifecycle for ever. Everything that the wait needs to know is in it, so that
   * any replica can finish what another began.
   */
  public static GenericKubernetesResource desired(
      String namespace, String tenantId, EffectivePolicy policy, Claim wanted, Instant now) {
    Map<String, Object> lifecycle = new TreeMap<>();
    lifecycle.put(
        "shutdownTime",
        now.truncatedTo(ChronoUnit.SECONDS)
            .plusSeconds(policy.limits().maxLifetimeSeconds())
            .toString());
    lifecycle.put("shutdownPolicy", "Delete");
    lifecycle.put("ttlSecondsAfterFinished", ENDED_KEPT_SECONDS);
    Map<String, Object> spec = new TreeMap<>();
    spec.put("warmPoolRef", Map.of("name", AgentPool.nameOf(policy)));
    spec.put("lifecycle", lifecycle);
    return new GenericKubernetesResourceBuilder()
        .withApiVersion(AgentSandbox.apiVersion())
        .withKind("SandboxClaim")
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(AgentSandbox.claimOf(wanted.sandboxId()))
        .addToLabels(Names.TENANT_ID, tenantId)
        .addToLabels(Names.POLICY, policy.name())
        .addToLabels(Names.MANAGED_BY, Names.API_FIELD_MANAGER)
        .addToAnnotations(wanted.annotations())
        .addToAnnotations(Names.POLICY_HASH, PodShape.of(policy))
        .endMetadata()
        .addToAdditionalProperties("spec", spec)
        .build();
  }

  /** What was asked for, read back; what cannot be read may reach nothing. */
  public static Claim wanted(GenericKubernetesResource claim) {
    return new Claim(
        annotation(claim.getMetadata().getAnnotations(), Names.SANDBOX_ID),
        Optional.ofNullable(claim.getMetadata().getAnnotations().get(Names.SANDBOX_EGRESS))
            .map(text -> SandboxEgress.parse(text).orElseGet(SandboxEgress::nothing)));
  }

  public static Instant shutdownTime(GenericKubernetesResource claim) {
    return Instant.parse(
        Objects.requireNonNull(claim.<String>get("spec", "lifecycle", "shutdownTime")));
  }

  /** Name of the Sandbox, and of its pod, that the claim has been given. */
  public static Optional<String> sandbox(GenericKubernetesResource claim) {
    return Optional.ofNullable(claim.<String>get("status", "sandbox", "name"))
        .filter(name -> !name.isEmpty());
  }

  /** Why it has none yet, in their controller's words. */
  public static String reason(GenericKubernetesResource claim) {
    List<Map<String, Object>> conditions = claim.get("status", "conditions");
    return conditions == null
        ? "the controller of agent-sandbox has not looked at the claim"
        : conditions.stream()
            .filter(condition -> "Ready".equals(condition.get("type")))
            .map(condition -> condition.get("reason") + ": " + condition.get("message"))
            .findFirst()
            .orElse("the claim waits for its sandbox");
  }

  /**
   * Why a pod that a claim was given is not what it asked for. Their status is not believed: the
   * pod must be this tenant's and policy's, of a Sandbox of that name, and nobody else's.
   */
  public static Optional<String> misfit(GenericKubernetesResource claim, Pod pod) {
    Map<String, String> asked = claim.getMetadata().getLabels();
    Map<String, String> labels = pod.getMetadata().getLabels();
    if (!Objects.equals(labels.get(Names.TENANT_ID), asked.get(Names.TENANT_ID))
        || !Objects.equals(labels.get(Names.POLICY), asked.get(Names.POLICY))
        || pod.getMetadata().getOwnerReferences().stream()
            .noneMatch(owner ->
                isSandbox(owner.getApiVersion(), owner.getKind())
                    && pod.getMetadata().getName().equals(owner.getName()))) {
      return Optional.of("the pod is not one of this policy's");
    }
    if (!PodShape.of(pod.getSpec())
        .equals(annotation(claim.getMetadata().getAnnotations(), Names.POLICY_HASH))) {
      return Optional.of("the pod is of an older policy; try again");
    }
    if (labels.containsKey(Names.SANDBOX_STATE) && !isTaken(claim, pod)) {
      return Optional.of("the pod is another's");
    }
    return Optional.empty();
  }

  /** Whether the pod was claimed for this very claim already, by a patch whose answer was lost. */
  public static boolean isTaken(GenericKubernetesResource claim, Pod pod) {
    return Names.CLAIMED.equals(pod.getMetadata().getLabels().get(Names.SANDBOX_STATE))
        && annotation(pod.getMetadata().getAnnotations(), Names.SANDBOX_ID)
            .equals(annotation(claim.getMetadata().getAnnotations(), Names.SANDBOX_ID));
  }

  /** Whether an owner is a Sandbox, whose controller replaces what is deleted alone. */
  public static boolean isSandbox(String apiVersion, String kind) {
    return AgentSandbox.SANDBOX_KIND.equals(kind)
        && apiVersion.startsWith(AgentSandbox.CORE_GROUP + "/");
  }

  private static String annotation(Map<String, String> annotations, String name) {
    return annotations == null ? "" : annotations.getOrDefault(name, "");
  }
}

package dev.hermes.crds.sandboxpolicy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the operator found about a policy. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SandboxPolicyStatus(
    @JsonPropertyDescription(
            "Generation of the spec that this status speaks of; -1 before the first look.")
        @Default("-1")
        Long observedGeneration,
    @JsonPropertyDescription("Image in force.") @Nullable String image,
    @JsonPropertyDescription("Tenants that list this policy.") @Nullable Integer tenants,
    @JsonPropertyDescription("Warm pods, sampled at most once a minute.") @Nullable Integer warm,
    @JsonPropertyDescription("Claimed pods, sampled at most once a minute.")
        @Nullable Integer claimed,
    @JsonPropertyDescription("Conditions, one of each type.") List<Condition> conditions) {

  public SandboxPolicyStatus {
    observedGeneration = observedGeneration == null ? -1L : observedGeneration;
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
  }
}

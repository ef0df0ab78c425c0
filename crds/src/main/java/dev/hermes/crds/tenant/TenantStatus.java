package dev.hermes.crds.tenant;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the operator found and made. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TenantStatus(
    @JsonPropertyDescription(
            "Generation of the spec that this status speaks of; -1 before the first look.")
        @Default("-1")
        Long observedGeneration,
    @JsonPropertyDescription("The tenant's id, a UUIDv7: stable, never derived from the name.")
        @Nullable String tenantId,
    @JsonPropertyDescription("Namespace of the tenant's sandboxes.") @Nullable String namespace,
    @JsonPropertyDescription("State of the rows.") @Nullable Database database,
    @JsonPropertyDescription("Keys of this tenant.") @Nullable Keys keys,
    @JsonPropertyDescription("Sandboxes, sampled at most once a minute.")
        @Nullable Sandboxes sandboxes,
    @JsonPropertyDescription("Last self-test of the isolation.") @Nullable SelfTest lastSelfTest,
    @JsonPropertyDescription("Conditions, one of each type.") List<Condition> conditions) {

  public TenantStatus {
    observedGeneration = observedGeneration == null ? -1L : observedGeneration;
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
  }

  /** The same with other conditions. */
  public TenantStatus withConditions(long generation, List<Condition> others) {
    return new TenantStatus(
        generation, tenantId, namespace, database, keys, sandboxes, lastSelfTest, others);
  }

  /** State of the rows. */
  public record Database(
      @JsonPropertyDescription("Isolation in force.") TenantSpec.Isolation isolation,
      @JsonPropertyDescription("Version of the schema.") String schemaVersion) {}

  /** Keys by state. */
  public record Keys(@JsonPropertyDescription("Keys that are accepted now.") int active) {}

  /** Sandboxes by state. */
  public record Sandboxes(
      @JsonPropertyDescription("Ready pods without an owner.") int warm,
      @JsonPropertyDescription("Pods that a session or lease owns.") int claimed) {}

  /** A self-test and its outcome. */
  public record SelfTest(
      @JsonPropertyDescription("When, RFC 3339.") String time,
      @JsonPropertyDescription("Passed or Failed.") String result) {}
}

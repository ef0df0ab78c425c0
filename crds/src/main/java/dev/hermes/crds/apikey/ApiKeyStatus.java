package dev.hermes.crds.apikey;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of the key. Holds the id and the visible prefix, never more of the key. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ApiKeyStatus(
    @JsonPropertyDescription(
            "Generation of the spec that this status speaks of; -1 before the first look.")
        @Default("-1")
        Long observedGeneration,
    @JsonPropertyDescription("Id of the key, 12 characters.") @Nullable String keyId,
    @JsonPropertyDescription("The part of the key that may be shown.") @Nullable String prefix,
    @JsonPropertyDescription("When the key expires, RFC 3339.") @Nullable String expiresAt,
    @JsonPropertyDescription("When the key was last used, RFC 3339; renewed at most once a minute.")
        @Nullable String lastUsedAt,
    @JsonPropertyDescription("The Secret that holds the key.") @Nullable String secretName,
    @JsonPropertyDescription("Conditions, one of each type.") List<Condition> conditions) {

  public ApiKeyStatus {
    observedGeneration = observedGeneration == null ? -1L : observedGeneration;
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
  }
}

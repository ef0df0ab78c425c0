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
    @JsonPropertyDescription("When this key replaced another, RFC 3339.")
        @Nullable String rotatedAt,
    @JsonPropertyDescription("When this key is to be replaced, RFC 3339.")
        @Nullable String nextRotationAt,
    @JsonPropertyDescription("The key that was replaced and still works.")
        @Nullable Overlap overlap,
    @JsonPropertyDescription(
            "Mode Encrypted: the key as an armored age file that only your recipient opens; good once encryptedKeyId is"
                + " the keyId.")
        @Nullable String encryptedKey,
    @JsonPropertyDescription("Id of the key in encryptedKey.") @Nullable String encryptedKeyId,
    @JsonPropertyDescription("Conditions, one of each type.") List<Condition> conditions) {

  public ApiKeyStatus {
    observedGeneration = observedGeneration == null ? -1L : observedGeneration;
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
  }

  /** Before the first look. */
  public static ApiKeyStatus empty() {
    return new ApiKeyStatus(
        -1L, null, null, null, null, null, null, null, null, null, null, List.of());
  }

  /** The same with another ciphertext. */
  public ApiKeyStatus withCiphertext(String ciphertext, String ofKeyId) {
    return new ApiKeyStatus(
        observedGeneration,
        keyId,
        prefix,
        expiresAt,
        lastUsedAt,
        secretName,
        rotatedAt,
        nextRotationAt,
        overlap,
        ciphertext,
        ofKeyId,
        conditions);
  }

  /** The same with other conditions. */
  public ApiKeyStatus withConditions(long generation, List<Condition> others) {
    return new ApiKeyStatus(
        generation,
        keyId,
        prefix,
        expiresAt,
        lastUsedAt,
        secretName,
        rotatedAt,
        nextRotationAt,
        overlap,
        encryptedKey,
        encryptedKeyId,
        others);
  }

  /** The same with another last use. */
  public ApiKeyStatus withLastUse(@Nullable String other) {
    return new ApiKeyStatus(
        observedGeneration,
        keyId,
        prefix,
        expiresAt,
        other,
        secretName,
        rotatedAt,
        nextRotationAt,
        overlap,
        encryptedKey,
        encryptedKeyId,
        conditions);
  }

  /** A replaced key that still works. */
  public record Overlap(
      @JsonPropertyDescription("Id of the replaced key.") String keyId,
      @JsonPropertyDescription("When it ends, RFC 3339.") String endsAt) {}
}

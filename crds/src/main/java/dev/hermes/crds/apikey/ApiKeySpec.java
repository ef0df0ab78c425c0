package dev.hermes.crds.apikey;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The key that an app asks for, within the ceiling that the Tenant gives its namespace. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ApiKeySpec(
    @JsonPropertyDescription("The tenant this key belongs to. Immutable.") @Required
        TenantRef tenantRef,
    @JsonPropertyDescription(
            "Roles of the key, within the ceiling that the Tenant gives this namespace.")
        @Required
        @Size(min = 1, max = 4)
        List<Role> roles,
    @JsonPropertyDescription("Scopes of the key, within the same ceiling.")
        @Required
        @Size(min = 1, max = 6)
        List<Scope> scopes,
    @JsonPropertyDescription("How the raw key reaches the app.") Delivery delivery,
    @JsonPropertyDescription(
            "Days until the key expires, counted from its issue. A key that the operator rotates lives until its"
                + " rotation and overlapHours more, if that is longer.")
        @Min(1)
        @Max(3650)
        @Default("90")
        Integer expiresAfterDays,
    @JsonPropertyDescription("When the key is replaced, and who is told before.")
        Rotation rotation) {

  public ApiKeySpec {
    roles = roles == null ? List.of() : List.copyOf(roles);
    scopes = scopes == null ? List.of() : List.copyOf(scopes);
    delivery = delivery == null ? Delivery.secret(null) : delivery;
    expiresAfterDays = expiresAfterDays == null ? 90 : expiresAfterDays;
    rotation = rotation == null ? Rotation.none() : rotation;
  }

  /** Name of a Tenant. */
  public record TenantRef(
      @JsonPropertyDescription("Name of the Tenant.")
          @Required
          @Pattern("^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$")
          @Size(max = 40)
          String name) {}

  /** Delivery modes. */
  public enum Mode {
    @JsonProperty("Secret")
    SECRET,
    @JsonProperty("Import")
    IMPORT,
    @JsonProperty("HashOnly")
    HASH_ONLY,
    @JsonProperty("Encrypted")
    ENCRYPTED;

    /** Whether the operator makes the raw key; else the user brings one. */
    public boolean mints() {
      return this == SECRET || this == ENCRYPTED;
    }
  }

  /** How the raw key reaches the app. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Delivery(
      @JsonPropertyDescription(
              "Secret: the operator mints the key into a Secret of this namespace. Import: it reads the key of a Secret"
                  + " that you made. HashOnly: you keep the key and give its hash. Encrypted: it mints the key and"
                  + " shows it in the status, encrypted to your age recipient. Immutable.")
          @Default("Secret")
          Mode mode,
      @JsonPropertyDescription(
              "Secret: name of the Secret that is made; omitted: the key's name with -hermes behind it. Import: name of"
                  + " your Secret, of type hermes.dev/api-key, with the key under HERMES_API_KEY. Immutable.")
          @Pattern("^[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?$")
          @Size(max = 253)
          @Nullable String secretName,
      @JsonPropertyDescription(
              "HashOnly: the 12 characters behind hx_live_ of your key. Changed together with keyDigest, it rotates the"
                  + " key.")
          @Pattern("^[0-9A-Za-z]{12}$")
          @Size(max = 12)
          @Nullable String keyId,
      @JsonPropertyDescription("HashOnly: SHA-256 of the whole key, 64 lower-case hex digits.")
          @Pattern("^[0-9a-f]{64}$")
          @Size(max = 64)
          @Nullable String keyDigest,
      @JsonPropertyDescription(
              "Encrypted: the X25519 recipient (age1…, made by age-keygen) that can read the key. Immutable.")
          @Pattern("^age1[02-9ac-hj-np-z]{58}$")
          @Size(max = 62)
          @Nullable String ageRecipient) {
    public Delivery {
      mode = mode == null ? Mode.SECRET : mode;
    }

    /** Into a Secret that the operator makes; null: the default name. */
    public static Delivery secret(@Nullable String secretName) {
      return new Delivery(Mode.SECRET, secretName, null, null, null);
    }

    /** Out of a Secret that the user made. */
    public static Delivery imported(String secretName) {
      return new Delivery(Mode.IMPORT, secretName, null, null, null);
    }

    /** By the key's id and its hex SHA-256. */
    public static Delivery hashOnly(String keyId, String keyDigest) {
      return new Delivery(Mode.HASH_ONLY, null, keyId, keyDigest, null);
    }

    /** Encrypted to an age recipient. */
    public static Delivery encrypted(String ageRecipient) {
      return new Delivery(Mode.ENCRYPTED, null, null, null, ageRecipient);
    }

    /** The Secret's name for a key of this name; null when the mode has none. */
    public @Nullable String secretNameFor(String keyName) {
      return switch (mode) {
        case SECRET -> secretName == null ? keyName + "-hermes" : secretName;
        case IMPORT -> secretName;
        case HASH_ONLY, ENCRYPTED -> null;
      };
    }
  }

  /** Replacement of the key while the app runs. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Rotation(
      @JsonPropertyDescription(
              "Days after which the operator replaces a key that it minted. Import and HashOnly: days after which you"
                  + " should; it only reminds. Omitted: never.")
          @Min(1)
          @Max(3650)
          @Nullable Integer everyDays,
      @JsonPropertyDescription(
              "Days before expiry or rotation at which the condition Expiring and the notice begin; 0: no notice.")
          @Min(0)
          @Max(90)
          @Default("7")
          Integer noticeDays,
      @JsonPropertyDescription(
              "Hours that a replaced key goes on working; 0: it ends at once. The next rotation ends it too.")
          @Min(0)
          @Max(720)
          @Default("24")
          Integer overlapHours,
      @JsonPropertyDescription(
              "Asks for a rotation at this time (RFC 3339, UTC); set it to now to rotate at once, again to a later time"
                  + " for the next one. Import: the Secret is read again.")
          @Pattern(
              "^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?Z$")
          @Size(max = 30)
          @Nullable String requestedAt,
      @JsonPropertyDescription(
              "Mail addresses that get the notice, when the installation has a mail server.")
          @JsonProperty("notify") // the Java name would be that of Object's method
          @Size(max = 5)
          List<String> recipients) {
    public Rotation {
      noticeDays = noticeDays == null ? 7 : noticeDays;
      overlapHours = overlapHours == null ? 24 : overlapHours;
      recipients = recipients == null ? List.of() : List.copyOf(recipients);
    }

    /** The default: no schedule, a week's notice, a day's overlap. */
    public static Rotation none() {
      return new Rotation(null, 7, 24, null, List.of());
    }
  }
}

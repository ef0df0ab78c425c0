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
    @JsonPropertyDescription("Days until the key expires, counted from its issue.")
        @Min(1)
        @Max(3650)
        @Default("90")
        Integer expiresAfterDays) {

  public ApiKeySpec {
    roles = roles == null ? List.of() : List.copyOf(roles);
    scopes = scopes == null ? List.of() : List.copyOf(scopes);
    delivery = delivery == null ? new Delivery(Mode.SECRET, null) : delivery;
    expiresAfterDays = expiresAfterDays == null ? 90 : expiresAfterDays;
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
    SECRET
  }

  /** How the raw key reaches the app. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Delivery(
      @JsonPropertyDescription(
              "Secret: the operator mints the key into a Secret of this namespace. Immutable.")
          @Default("Secret")
          Mode mode,
      @JsonPropertyDescription(
              "Name of that Secret; omitted: the key's name with -hermes behind it. Immutable.")
          @Pattern("^[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?$")
          @Size(max = 253)
          @Nullable String secretName) {
    public Delivery {
      mode = mode == null ? Mode.SECRET : mode;
    }

    /** The Secret's name for a key of this name. */
    public String secretNameFor(String keyName) {
      return secretName == null ? keyName + "-hermes" : secretName;
    }
  }
}

package dev.hermes.crds.tenant;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.Tool;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the platform team asks for. Constructors fill the schema's defaults, so readers never meet
 * null.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TenantSpec(
    @JsonPropertyDescription("Name for people, shown in reports. Empty: the resource's own name.")
        @Size(max = 120)
        String displayName,
    @JsonPropertyDescription(
            "True: keys are refused and sandboxes are drained within seconds; data stays.")
        @Default("false")
        Boolean suspended,
    @JsonPropertyDescription("Where the tenant's rows live.") Database database,
    @JsonPropertyDescription("Who may ask for keys of this tenant, and at most with what rights.")
        ApiKeys apiKeys,
    @JsonPropertyDescription("Models this tenant may name in a request.") Models models,
    @JsonPropertyDescription("Upper bound of the tools; a request narrows it, never widens.")
        Tools tools,
    @JsonPropertyDescription(
            "Sandboxes of this tenant. Without a policy there is no sandbox and no namespace.")
        Sandbox sandbox,
    @JsonPropertyDescription("Rate limits.") Limits limits,
    @JsonPropertyDescription("What deleting this resource does to the data.") Deletion deletion) {

  public TenantSpec {
    displayName = displayName == null ? "" : displayName;
    suspended = suspended != null && suspended;
    database = database == null ? new Database(Isolation.SHARED) : database;
    apiKeys = apiKeys == null ? new ApiKeys(List.of(), 50) : apiKeys;
    models = models == null ? new Models(List.of("*"), null) : models;
    tools = tools == null ? new Tools(List.of(Tool.PYTHON, Tool.BASH)) : tools;
    sandbox = sandbox == null ? new Sandbox(List.of(), 10) : sandbox;
    limits = limits == null ? new Limits(60) : limits;
    deletion = deletion == null ? new Deletion(DeletionPolicy.RETAIN, true) : deletion;
  }

  /** A spec of defaults only. */
  public static TenantSpec defaults() {
    return new TenantSpec(
        "",
        false,
        new Database(Isolation.SHARED),
        new ApiKeys(List.of(), 50),
        new Models(List.of("*"), null),
        new Tools(List.of(Tool.PYTHON, Tool.BASH)),
        new Sandbox(List.of(), 10),
        new Limits(60),
        new Deletion(DeletionPolicy.RETAIN, true));
  }

  /** Isolation of the tenant's rows. */
  public enum Isolation {
    @JsonProperty("Shared")
    SHARED
  }

  /** Where rows live. */
  public record Database(
      @JsonPropertyDescription(
              "Shared: the common schema under FORCE row-level security. Immutable.")
          @Default("Shared")
          Isolation isolation) {
    public Database {
      isolation = isolation == null ? Isolation.SHARED : isolation;
    }
  }

  /** Ceiling of the keys. */
  public record ApiKeys(
      @JsonPropertyDescription("Namespaces whose APIKey resources may name this tenant.")
          @Size(max = 50)
          List<KeyNamespace> namespaces,
      @JsonPropertyDescription("Most keys that may be active at one time.")
          @Min(0)
          @Max(1000)
          @Default("50")
          Integer max) {
    public ApiKeys {
      namespaces = namespaces == null ? List.of() : List.copyOf(namespaces);
      max = max == null ? 50 : max;
    }
  }

  /** One namespace that may hold keys, with the most that such a key may carry. */
  public record KeyNamespace(
      @JsonPropertyDescription("Name of the namespace.")
          @Required
          @Pattern("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")
          String name,
      @JsonPropertyDescription("Roles that a key of this namespace may carry.")
          @Required
          @Size(min = 1, max = 4)
          List<Role> roles,
      @JsonPropertyDescription("Scopes that a key of this namespace may carry.")
          @Required
          @Size(min = 1, max = 6)
          List<Scope> scopes) {
    public KeyNamespace {
      roles = roles == null ? List.of() : List.copyOf(roles);
      scopes = scopes == null ? List.of() : List.copyOf(scopes);
    }
  }

  /** Names from the platform's list of providers. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Models(
      @JsonPropertyDescription(
              "Model names a request may use; * allows all of the platform's list.")
          @Size(min = 1, max = 100)
          @Default("[\"*\"]")
          List<String> allow,
      @JsonPropertyDescription("Model of a request that names none.")
          @JsonProperty("default")
          @Size(max = 200)
          @Nullable String defaultModel) {
    public Models {
      allow = allow == null ? List.of("*") : List.copyOf(allow);
    }

    /** True when the tenant may name this model. */
    public boolean allows(String model) {
      return allow.contains("*") || allow.contains(model);
    }
  }

  /** Upper bound of the tools. */
  public record Tools(
      @JsonPropertyDescription("Tools that requests of this tenant may use.")
          @Size(max = 10)
          @Default("[\"python\",\"bash\"]")
          List<Tool> allow) {
    public Tools {
      allow = allow == null ? List.of(Tool.PYTHON, Tool.BASH) : List.copyOf(allow);
    }
  }

  /** Sandboxes of the tenant. */
  public record Sandbox(
      @JsonPropertyDescription("Names of SandboxPolicies; the first is the default.")
          @Size(max = 10)
          List<String> policies,
      @JsonPropertyDescription("Most sandboxes that may be claimed at one time.")
          @Min(1)
          @Max(500)
          @Default("10")
          Integer maxConcurrent) {
    public Sandbox {
      policies = policies == null ? List.of() : List.copyOf(policies);
      maxConcurrent = maxConcurrent == null ? 10 : maxConcurrent;
    }
  }

  /** Rate limits. */
  public record Limits(
      @JsonPropertyDescription(
              "Requests a minute, sliding window of 60 s. In this release each API replica counts in its own memory, so n"
                  + " replicas admit up to n times as many; a limit exact across replicas is to come.")
          @Min(1)
          @Max(1000000)
          @Default("60")
          Integer requestsPerMinute) {
    public Limits {
      requestsPerMinute = requestsPerMinute == null ? 60 : requestsPerMinute;
    }
  }

  /** What happens to the data when the resource is deleted. */
  public enum DeletionPolicy {
    @JsonProperty("Retain")
    RETAIN
  }

  /** Deletion of the tenant. */
  public record Deletion(
      @JsonPropertyDescription("Retain: rows stay until a platform engineer removes them.")
          @Default("Retain")
          DeletionPolicy policy,
      @JsonPropertyDescription("True: kubectl delete is refused until this is set to false.")
          @JsonProperty("protected")
          @Default("true")
          Boolean isProtected) {
    public Deletion {
      policy = policy == null ? DeletionPolicy.RETAIN : policy;
      isProtected = isProtected == null || isProtected;
    }
  }
}

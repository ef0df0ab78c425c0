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
            "Name of a plan of this installation (the chart's plans): bounds for what this resource leaves open. Absent: the plan default.")
        @Pattern("^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$")
        @Nullable String plan,
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
    @JsonPropertyDescription("What deleting this resource does to the data.") Deletion deletion,
    @JsonPropertyDescription(
            "Reasons why the data must be kept. While one stands, kubectl delete is refused.")
        @Size(max = 20)
        List<LegalHold> legalHold,
    @JsonPropertyDescription(
            "Restores the data of a deleted tenant, or adopts it after its resource or cluster was lost. Cannot be changed.")
        @Nullable Adopt adopt,
    @JsonPropertyDescription(
            "MCP servers whose tools models may call, each under <server>_<tool>. Those with a url are asked by the API, those with a command run in sandboxes.")
        @Size(max = 8)
        List<McpServer> mcpServers) {

  public TenantSpec {
    displayName = displayName == null ? "" : displayName;
    suspended = suspended != null && suspended;
    database = database == null ? Database.shared() : database;
    apiKeys = apiKeys == null ? new ApiKeys(List.of(), null) : apiKeys;
    models = models == null ? new Models(List.of("*"), null) : models;
    tools = tools == null ? new Tools(List.of(Tool.PYTHON, Tool.BASH)) : tools;
    sandbox = sandbox == null ? new Sandbox(List.of(), null) : sandbox;
    limits = limits == null ? new Limits(null) : limits;
    deletion = deletion == null ? new Deletion(DeletionPolicy.RETAIN, 30, true) : deletion;
    legalHold = legalHold == null ? List.of() : List.copyOf(legalHold);
    mcpServers = mcpServers == null ? List.of() : List.copyOf(mcpServers);
  }

  /** A spec of defaults only. */
  public static TenantSpec defaults() {
    return new TenantSpec(
        "",
        null,
        false,
        Database.shared(),
        new ApiKeys(List.of(), null),
        new Models(List.of("*"), null),
        new Tools(List.of(Tool.PYTHON, Tool.BASH)),
        new Sandbox(List.of(), null),
        new Limits(null),
        new Deletion(DeletionPolicy.RETAIN, 30, true),
        List.of(),
        null,
        List.of());
  }

  /** The same with its content elsewhere. */
  public TenantSpec withDatabase(Database other) {
    return new TenantSpec(
        displayName,
        plan,
        suspended,
        other,
        apiKeys,
        models,
        tools,
        sandbox,
        limits,
        deletion,
        legalHold,
        adopt,
        mcpServers);
  }

  /** The same with another word about deletion. */
  public TenantSpec withDeletion(Deletion other) {
    return new TenantSpec(
        displayName,
        plan,
        suspended,
        database,
        apiKeys,
        models,
        tools,
        sandbox,
        limits,
        other,
        legalHold,
        adopt,
        mcpServers);
  }

  /** The same, taking over the data of a tenant id. */
  public TenantSpec adopting(String tenantId) {
    return new TenantSpec(
        displayName,
        plan,
        suspended,
        database,
        apiKeys,
        models,
        tools,
        sandbox,
        limits,
        deletion,
        legalHold,
        new Adopt(tenantId),
        mcpServers);
  }

  /** The same with other MCP servers. */
  public TenantSpec withMcpServers(List<McpServer> others) {
    return new TenantSpec(
        displayName,
        plan,
        suspended,
        database,
        apiKeys,
        models,
        tools,
        sandbox,
        limits,
        deletion,
        legalHold,
        adopt,
        others);
  }

  /** The same, but suspended. */
  public TenantSpec asSuspended() {
    return new TenantSpec(
        displayName,
        plan,
        true,
        database,
        apiKeys,
        models,
        tools,
        sandbox,
        limits,
        deletion,
        legalHold,
        adopt,
        mcpServers);
  }

  /** Isolation of the tenant's rows. */
  public enum Isolation {
    @JsonProperty("Shared")
    SHARED,
    @JsonProperty("Schema")
    SCHEMA,
    @JsonProperty("Dedicated")
    DEDICATED;

    /** As resources and rows spell it. */
    public String wire() {
      return switch (this) {
        case SHARED -> "Shared";
        case SCHEMA -> "Schema";
        case DEDICATED -> "Dedicated";
      };
    }
  }

  /** Where rows live. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Database(
      @JsonPropertyDescription(
              "Shared: the common schema under FORCE row-level security. Schema: a schema and a login role of its own in the same database, under the same row-level security. Dedicated: a database of its own, named by secretRef. Immutable.")
          @Default("Shared")
          Isolation isolation,
      @JsonPropertyDescription(
              "With Dedicated: the Secret of the system namespace that reaches the database, type hermes.dev/tenant-database. Required with Dedicated, refused otherwise.")
          @Nullable SecretRef secretRef) {
    public Database {
      isolation = isolation == null ? Isolation.SHARED : isolation;
    }

    /** In the common schema. */
    public static Database shared() {
      return new Database(Isolation.SHARED, null);
    }
  }

  /** Name of a Secret in the system namespace. */
  public record SecretRef(
      @JsonPropertyDescription("Name of the Secret.")
          @Required
          @Pattern("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")
          String name) {}

  /** Ceiling of the keys. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ApiKeys(
      @JsonPropertyDescription("Namespaces whose APIKey resources may name this tenant.")
          @Size(max = 50)
          List<KeyNamespace> namespaces,
      @JsonPropertyDescription("Most keys that may be active at one time. Absent: the plan's.")
          @Min(0)
          @Max(1000)
          @Nullable Integer max) {
    public ApiKeys {
      namespaces = namespaces == null ? List.of() : List.copyOf(namespaces);
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
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Sandbox(
      @JsonPropertyDescription("Names of SandboxPolicies; the first is the default.")
          @Size(max = 10)
          List<String> policies,
      @JsonPropertyDescription(
              "Most sandboxes that may be claimed at one time. Absent: the plan's.")
          @Min(1)
          @Max(500)
          @Nullable Integer maxConcurrent) {
    public Sandbox {
      policies = policies == null ? List.of() : List.copyOf(policies);
    }
  }

  /** Rate limits. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Limits(
      @JsonPropertyDescription(
              "Requests a minute, sliding window of 60 s. In this release each API replica counts in its own memory, so n"
                  + " replicas admit up to n times as many; a limit exact across replicas is to come. Absent: the plan's.")
          @Min(1)
          @Max(1000000)
          @Nullable Integer requestsPerMinute) {}

  /** What happens to the data when the resource is deleted. */
  public enum DeletionPolicy {
    @JsonProperty("Retain")
    RETAIN,
    @JsonProperty("Delete")
    DELETE;

    /** As resources and rows spell it. */
    public String wire() {
      return this == RETAIN ? "Retain" : "Delete";
    }
  }

  /** Deletion of the tenant. */
  public record Deletion(
      @JsonPropertyDescription(
              "Retain: rows stay until somebody restores them with spec.adopt. Delete: they are purged after graceDays.")
          @Default("Retain")
          DeletionPolicy policy,
      @JsonPropertyDescription(
              "With Delete: days after the deletion in which spec.adopt still restores the data. 0: one hour.")
          @Min(0)
          @Max(3650)
          @Default("30")
          Integer graceDays,
      @JsonPropertyDescription("True: kubectl delete is refused until this is set to false.")
          @JsonProperty("protected")
          @Default("true")
          Boolean isProtected) {
    public Deletion {
      policy = policy == null ? DeletionPolicy.RETAIN : policy;
      graceDays = graceDays == null ? 30 : graceDays;
      isProtected = isProtected == null || isProtected;
    }
  }

  /** Why data must be kept: a case, an audit, an order of a court. */
  public record LegalHold(
      @JsonPropertyDescription("Name of the case; refusals name it.")
          @Required
          @Pattern("^[A-Za-z0-9][-A-Za-z0-9._]{0,62}$")
          String id,
      @JsonPropertyDescription("Why, for people.") @Required @Size(min = 1, max = 500)
          String reason,
      @JsonPropertyDescription("First day of the hold, YYYY-MM-DD.")
          @Required
          @Pattern("^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")
          String since) {}

  /** Whose data this resource takes over. */
  public record Adopt(
      @JsonPropertyDescription(
              "Tenant id (UUID) of the data: status.tenantId of the former Tenant, or tenant_id of hermes.tenant_deletions.")
          @Required
          @Pattern("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
          String tenantId) {}

  /**
   * A server of tools that speaks the Model Context Protocol: over Streamable HTTP where it has a
   * url, over stdin and stdout in a sandbox of the tenant where it has a command.
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record McpServer(
      @JsonPropertyDescription(
              "Name of the server, the first part of its tools' names; unique in this list.")
          @Required
          @Pattern("^[a-z0-9]([-a-z0-9]{0,28}[a-z0-9])?$")
          String name,
      @JsonPropertyDescription(
              "Where it takes messages: an https URL, or an http one of a Service of the cluster (a host that ends in .svc or .svc.cluster.local). Either this or command.")
          @Size(min = 1, max = 500)
          @Nullable String url,
      @JsonPropertyDescription(
              "Program and arguments of a server that speaks over stdin and stdout. It runs in the sandbox of the turn that calls it, with what the image and the turn's files hold. Either this or url.")
          @JsonInclude(JsonInclude.Include.NON_EMPTY)
          @Size(min = 1, max = 64)
          List<String> command,
      @JsonPropertyDescription(
              "Variables of the command's environment. Everybody who may run code in the sandbox reads them: no secrets.")
          @JsonInclude(JsonInclude.Include.NON_EMPTY)
          @Size(min = 1, max = 32)
          List<Variable> env,
      @JsonPropertyDescription("Tools of it that may be used, as it names them. Empty: all.")
          @Size(max = 128)
          List<String> tools,
      @JsonPropertyDescription(
              "Key of the API's Secret of MCP credentials (the chart's mcp.credentialsSecret) whose value is sent to it as a bearer token. Absent: none is sent. Only with url.")
          @Pattern("^[A-Za-z0-9][-A-Za-z0-9._]{0,62}$")
          @Nullable String credential,
      @JsonPropertyDescription(
              "Seconds that a call may take; of a command, no more than a run in its sandbox may.")
          @Min(1)
          @Max(300)
          @Default("30")
          Integer timeoutSeconds) {
    public McpServer {
      command = command == null ? List.of() : List.copyOf(command);
      env = env == null ? List.of() : List.copyOf(env);
      tools = tools == null ? List.of() : List.copyOf(tools);
      timeoutSeconds = timeoutSeconds == null ? 30 : timeoutSeconds;
    }

    /** One that is asked over HTTP. */
    public static McpServer at(
        String name,
        String url,
        List<String> tools,
        @Nullable String credential,
        int timeoutSeconds) {
      return new McpServer(name, url, List.of(), List.of(), tools, credential, timeoutSeconds);
    }

    /** One that is run in a sandbox. */
    public static McpServer run(
        String name,
        List<String> command,
        List<Variable> env,
        List<String> tools,
        int timeoutSeconds) {
      return new McpServer(name, null, command, env, tools, null, timeoutSeconds);
    }

    /** Whether a tool of this name may be used, as far as this list goes. */
    public boolean allows(String tool) {
      return tools.isEmpty() || tools.contains(tool);
    }

    /** Whether it is a program that runs in a sandbox of the tenant. */
    public boolean runsInSandbox() {
      return !command.isEmpty();
    }
  }

  /** A variable of an environment. */
  public record Variable(
      @JsonPropertyDescription("Name of the variable.")
          @Required
          @Pattern("^[A-Za-z_][A-Za-z0-9_]{0,127}$")
          String name,
      @JsonPropertyDescription("Its value, no secret.") @Required @Size(max = 4096) String value) {}
}

package dev.hermes.crds.sandboxpolicy;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.hermes.crds.Tool;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Bounds of a sandbox. Constructors fill the schema's defaults. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SandboxPolicySpec(
    @JsonPropertyDescription(
            "RuntimeClass of the pods. It must exist; there is no fallback to another runtime.")
        @Default("gvisor")
        @Size(min = 1, max = 253)
        String runtimeClassName,
    @JsonPropertyDescription(
            "Image of the sandbox, by digest. Omitted: the installation's sandbox image.")
        @Size(max = 500)
        @Nullable String image,
    @JsonPropertyDescription("Tools that this sandbox offers.")
        @Size(min = 1, max = 10)
        @Default("[\"python\",\"bash\",\"files\"]")
        List<Tool> tools,
    @JsonPropertyDescription("Limits of the pod.") Resources resources,
    @JsonPropertyDescription("Limits of what runs in it.") Limits limits,
    @JsonPropertyDescription("Warm pods kept for each tenant.") Pool pool,
    @JsonPropertyDescription("Ways out of the sandbox. Omitted: none at all.") Network network,
    @JsonPropertyDescription(
            "Who makes the pods. Pod: this platform. AgentSandbox: the controller of agent-sandbox"
                + " (sigs.k8s.io), which the cluster must have; there is no fallback.")
        @Default("Pod")
        Backend backend) {

  public SandboxPolicySpec {
    runtimeClassName = runtimeClassName == null ? "gvisor" : runtimeClassName;
    tools = tools == null ? List.of(Tool.PYTHON, Tool.BASH, Tool.FILES) : List.copyOf(tools);
    resources = resources == null ? new Resources("1", "512Mi", "1Gi", 128) : resources;
    limits = limits == null ? new Limits(51200, 10240, 50, 30, 300, 3600, 16) : limits;
    pool = pool == null ? new Pool(1, 10, 900) : pool;
    network = network == null ? Network.none() : network;
    backend = backend == null ? Backend.Pod : backend;
  }

  /** A spec of defaults only. */
  public static SandboxPolicySpec defaults() {
    return new SandboxPolicySpec(
        "gvisor",
        null,
        List.of(Tool.PYTHON, Tool.BASH, Tool.FILES),
        new Resources("1", "512Mi", "1Gi", 128),
        new Limits(51200, 10240, 50, 30, 300, 3600, 16),
        new Pool(1, 10, 900),
        Network.none(),
        Backend.Pod);
  }

  /** This one with other ways out. */
  public SandboxPolicySpec withNetwork(Network other) {
    return new SandboxPolicySpec(
        runtimeClassName, image, tools, resources, limits, pool, other, backend);
  }

  /** This one with another maker of pods. */
  public SandboxPolicySpec withBackend(Backend other) {
    return new SandboxPolicySpec(
        runtimeClassName, image, tools, resources, limits, pool, network, other);
  }

  /** Limits of the pod; requests are small and fixed, so that warm pods cost little. */
  public record Resources(
      @JsonPropertyDescription("CPU limit, a Kubernetes quantity.")
          @Default("1")
          @Pattern("^([0-9]+m|[0-9]+(\\.[0-9]{1,3})?)$")
          @Size(max = 20)
          String cpu,
      @JsonPropertyDescription("Memory limit, a Kubernetes quantity.")
          @Default("512Mi")
          @Pattern("^[1-9][0-9]*(Mi|Gi)$")
          @Size(max = 20)
          String memory,
      @JsonPropertyDescription("Limit of local disk, a Kubernetes quantity.")
          @Default("1Gi")
          @Pattern("^[1-9][0-9]*(Mi|Gi)$")
          @Size(max = 20)
          String ephemeralStorage,
      @JsonPropertyDescription("Most processes and threads of one execution.")
          @Min(16)
          @Max(4096)
          @Default("128")
          Integer pids) {
    public Resources {
      cpu = cpu == null ? "1" : cpu;
      memory = memory == null ? "512Mi" : memory;
      ephemeralStorage = ephemeralStorage == null ? "1Gi" : ephemeralStorage;
      pids = pids == null ? 128 : pids;
    }
  }

  /** Limits of what runs in the sandbox. */
  public record Limits(
      @JsonPropertyDescription(
              "Standard output kept of a tool call, in bytes; the rest is cut with a marker.")
          @Min(1024)
          @Max(1048576)
          @Default("51200")
          Integer outputBytes,
      @JsonPropertyDescription("Standard error kept of a tool call, in bytes.")
          @Min(1024)
          @Max(1048576)
          @Default("10240")
          Integer stderrBytes,
      @JsonPropertyDescription("Most tool calls of one request.") @Min(1) @Max(500) @Default("50")
          Integer toolCallsPerRequest,
      @JsonPropertyDescription("Most seconds of one tool call.") @Min(1) @Max(120) @Default("30")
          Integer execTimeoutSeconds,
      @JsonPropertyDescription("Seconds without a call after which a sandbox ends.")
          @Min(10)
          @Max(86400)
          @Default("300")
          Integer idleTimeoutSeconds,
      @JsonPropertyDescription("Most seconds a sandbox lives after it was claimed.")
          @Min(30)
          @Max(86400)
          @Default("3600")
          Integer maxLifetimeSeconds,
      @JsonPropertyDescription("Most executions at one time in a sandbox.")
          @Min(1)
          @Max(64)
          @Default("16")
          Integer concurrentExecs) {
    public Limits {
      outputBytes = outputBytes == null ? 51200 : outputBytes;
      stderrBytes = stderrBytes == null ? 10240 : stderrBytes;
      toolCallsPerRequest = toolCallsPerRequest == null ? 50 : toolCallsPerRequest;
      execTimeoutSeconds = execTimeoutSeconds == null ? 30 : execTimeoutSeconds;
      idleTimeoutSeconds = idleTimeoutSeconds == null ? 300 : idleTimeoutSeconds;
      maxLifetimeSeconds = maxLifetimeSeconds == null ? 3600 : maxLifetimeSeconds;
      concurrentExecs = concurrentExecs == null ? 16 : concurrentExecs;
    }
  }

  /** Warm pods of one tenant under this policy. */
  public record Pool(
      @JsonPropertyDescription(
              "Pods kept Ready and unowned; more while claims come faster than pods start. 0: none"
                  + " at any time, each sandbox starts cold.")
          @Min(0)
          @Max(50)
          @Default("1")
          Integer warm,
      @JsonPropertyDescription("Most pods, warm and claimed.") @Min(1) @Max(500) @Default("10")
          Integer max,
      @JsonPropertyDescription(
              "Seconds without a sandbox in use after which the warm pods go; the next claim starts"
                  + " cold and fills the pool again. 0: never.")
          @Min(0)
          @Max(86400)
          @Default("900")
          Integer idleScaleDownSeconds) {
    public Pool {
      warm = warm == null ? 1 : warm;
      max = max == null ? 10 : max;
      idleScaleDownSeconds = idleScaleDownSeconds == null ? 900 : idleScaleDownSeconds;
    }
  }

  /** Ways out of the sandbox; all of them lead through the egress proxy. */
  public record Network(
      @JsonPropertyDescription(
              "Where HTTP and TLS may go through the egress proxy: host:port, or *.suffix:port for"
                  + " every name below the suffix. Empty: nowhere.")
          @Size(max = 64)
          List<String> egress,
      @JsonPropertyDescription(
              "Whether the sandbox may call this platform's API, at http://platform.hermes.internal,"
                  + " with a key or token that its code brings.")
          @Default("false")
          Boolean callback) {
    public Network {
      egress = egress == null ? List.of() : List.copyOf(egress);
      callback = callback != null && callback;
    }

    /** No way out. */
    public static Network none() {
      return new Network(List.of(), false);
    }

    /** Whether there is any way out, so that the egress proxy is needed. */
    @JsonIgnore
    public boolean isOpen() {
      return callback || !egress.isEmpty();
    }
  }
}

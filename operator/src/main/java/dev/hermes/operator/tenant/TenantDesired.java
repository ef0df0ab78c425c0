package dev.hermes.operator.tenant;

import dev.hermes.crds.Names;
import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import io.fabric8.kubernetes.api.model.LimitRange;
import io.fabric8.kubernetes.api.model.LimitRangeBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The objects that a tenant with sandboxes has in Kubernetes; pure, golden-tested. */
final class TenantDesired {
  private static final String RBAC = "rbac.authorization.k8s.io";

  private TenantDesired() {}

  /** Its labels select the walls (Pod Security), its annotations bound what admission lets in. */
  static Namespace namespace(TenantFacts facts) {
    Sizes sizes = Sizes.of(facts);
    return new NamespaceBuilder()
        .withNewMetadata()
        .withName(facts.namespace())
        .withLabels(labels(facts))
        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
        .addToLabels("pod-security.kubernetes.io/audit", "restricted")
        .addToLabels("pod-security.kubernetes.io/warn", "restricted")
        .addToAnnotations(Names.ALLOWED_IMAGES, list(facts, p -> Stream.of(p.effective().image())))
        .addToAnnotations(
            Names.ALLOWED_RUNTIMES, list(facts, p -> Stream.of(p.effective().runtimeClassName())))
        .addToAnnotations(Names.ALLOWED_SCHEDULING, list(facts, p -> p.scheduling().stream()))
        .addToAnnotations(Names.MAX_CPU, sizes.maxCpu().toString())
        .addToAnnotations(Names.MAX_MEMORY, sizes.maxMemory().toString())
        .addToAnnotations(Names.MAX_EPHEMERAL_STORAGE, sizes.maxStorage().toString())
        .endMetadata()
        .build();
  }

  /** The backstop behind the leases, which hold maxConcurrent. */
  static ResourceQuota quota(TenantFacts facts) {
    Sizes sizes = Sizes.of(facts);
    return new ResourceQuotaBuilder()
        .withMetadata(meta(facts, Names.QUOTA))
        .withNewSpec()
        .addToHard("pods", new Quantity(Integer.toString(sizes.pods())))
        .addToHard("limits.cpu", sizes.totalCpu())
        .addToHard("limits.memory", sizes.totalMemory())
        .addToHard("limits.ephemeral-storage", sizes.totalStorage())
        .endSpec()
        .build();
  }

  static LimitRange limitRange(TenantFacts facts) {
    Sizes sizes = Sizes.of(facts);
    Map<String, Quantity> most = new TreeMap<>();
    most.put("cpu", sizes.maxCpu());
    most.put("memory", sizes.maxMemory());
    most.put("ephemeral-storage", sizes.maxStorage());
    return new LimitRangeBuilder()
        .withMetadata(meta(facts, Names.LIMIT_RANGE))
        .withNewSpec()
        .addNewLimit()
        .withType("Container")
        .withMax(most)
        .withDefault(most)
        .addToDefaultRequest("cpu", new Quantity("25m"))
        .addToDefaultRequest("memory", new Quantity("64Mi"))
        .addToDefaultRequest("ephemeral-storage", new Quantity("16Mi"))
        .endLimit()
        .endSpec()
        .build();
  }

  /** Every pod of the namespace: one without our labels is not freer. */
  static NetworkPolicy denyAll(TenantFacts facts) {
    return new NetworkPolicyBuilder()
        .withMetadata(meta(facts, Names.DENY_ALL))
        .withNewSpec()
        .withNewPodSelector()
        .endPodSelector()
        .withPolicyTypes("Ingress", "Egress")
        .endSpec()
        .build();
  }

  /** Namespace and pod selector stand in one peer: both must fit. */
  static NetworkPolicy allowApi(TenantFacts facts, ApiIdentity api) {
    return new NetworkPolicyBuilder()
        .withMetadata(meta(facts, Names.ALLOW_API))
        .withNewSpec()
        .withNewPodSelector()
        .endPodSelector()
        .withPolicyTypes("Ingress")
        .addNewIngress()
        .addNewFrom()
        .withNewNamespaceSelector()
        .addToMatchLabels("kubernetes.io/metadata.name", api.systemNamespace())
        .endNamespaceSelector()
        .withNewPodSelector()
        .addToMatchLabels("app.kubernetes.io/component", "control-api")
        .endPodSelector()
        .endFrom()
        .addNewPort()
        .withProtocol("TCP")
        .withNewPort(Names.DAEMON_PORT)
        .endPort()
        .endIngress()
        .endSpec()
        .build();
  }

  /**
   * The way to the egress proxy, and to nothing else; which policy may go where is the proxy's
   * work, so it stands for all pods as soon as one policy has a way out.
   */
  static NetworkPolicy allowEgress(TenantFacts facts, String systemNamespace) {
    return new NetworkPolicyBuilder()
        .withMetadata(meta(facts, Names.ALLOW_EGRESS))
        .withNewSpec()
        .withNewPodSelector()
        .endPodSelector()
        .withPolicyTypes("Egress")
        .addNewEgress()
        .addNewTo()
        .withNewNamespaceSelector()
        .addToMatchLabels("kubernetes.io/metadata.name", systemNamespace)
        .endNamespaceSelector()
        .withNewPodSelector()
        .addToMatchLabels("app.kubernetes.io/component", Names.EGRESS_COMPONENT)
        .endPodSelector()
        .endTo()
        .addNewPort()
        .withProtocol("TCP")
        .withNewPort(Names.EGRESS_PORT)
        .endPort()
        .endEgress()
        .endSpec()
        .build();
  }

  static ServiceAccount serviceAccount(TenantFacts facts) {
    return new ServiceAccountBuilder()
        .withMetadata(meta(facts, Names.SANDBOX_SERVICE_ACCOUNT))
        .withAutomountServiceAccountToken(false)
        .build();
  }

  static RoleBinding apiBinding(TenantFacts facts, ApiIdentity api) {
    return binding(
        meta(facts, Names.API_ROLE_BINDING),
        Names.SANDBOX_CLUSTER_ROLE,
        api.systemNamespace(),
        api.apiServiceAccount());
  }

  /**
   * The operator's own right to Secrets of one app namespace, shared by the tenants that list it.
   */
  static RoleBinding keyDelivery(String namespace, ApiIdentity api) {
    return binding(
        new ObjectMetaBuilder()
            .withName(Names.KEY_ROLE_BINDING)
            .withNamespace(namespace)
            .addToLabels(Names.MANAGED_BY, Names.MANAGED_BY_OPERATOR)
            .build(),
        Names.KEY_CLUSTER_ROLE,
        api.systemNamespace(),
        api.operatorServiceAccount());
  }

  private static RoleBinding binding(
      ObjectMeta meta, String clusterRole, String namespace, String serviceAccount) {
    return new RoleBindingBuilder()
        .withMetadata(meta)
        .withNewRoleRef(RBAC, "ClusterRole", clusterRole)
        .addNewSubject()
        .withKind("ServiceAccount")
        .withName(serviceAccount)
        .withNamespace(namespace)
        .endSubject()
        .build();
  }

  private static ObjectMeta meta(TenantFacts facts, String name) {
    return new ObjectMetaBuilder()
        .withName(name)
        .withNamespace(facts.namespace())
        .withLabels(labels(facts))
        .build();
  }

  private static Map<String, String> labels(TenantFacts facts) {
    return new TreeMap<>(
        Map.of(
            Names.MANAGED_BY, Names.MANAGED_BY_OPERATOR,
            Names.TENANT, facts.tenantName(),
            Names.TENANT_ID, facts.tenantId(),
            Names.OWNER_UID, facts.tenantUid()));
  }

  private static String list(TenantFacts facts, Function<ResolvedPolicy, Stream<String>> of) {
    return facts.policies().stream()
        .flatMap(of)
        .filter(entry -> !entry.isEmpty())
        .sorted()
        .distinct()
        .collect(Collectors.joining(","));
  }
}

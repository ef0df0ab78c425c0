package dev.hermes.e2e;

import static org.awaitility.Awaitility.await;

import dev.hermes.crds.Names;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeySpec;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A tenant of a test's own, with a policy, an app namespace and a key of it. Closing deletes all
 * four.
 *
 * @param name of the Tenant, and of everything else that belongs to it
 */
record TestTenant(String name) implements AutoCloseable {
  static final Duration READY = Duration.ofSeconds(90);
  private static final Cluster CLUSTER = Cluster.get();

  /** A tenant with default limits and one warm sandbox, applied but not awaited. */
  static TestTenant apply(String purpose) {
    return apply(purpose, SandboxPolicySpec.defaults());
  }

  static TestTenant apply(String purpose, SandboxPolicySpec policy) {
    return apply(purpose, policy, TenantSpec.defaults().database());
  }

  static TestTenant apply(String purpose, SandboxPolicySpec policy, TenantSpec.Database database) {
    var tenant = new TestTenant(purpose + "-" + UUID.randomUUID().toString().substring(0, 6));
    tenant.create(policy, database);
    return tenant;
  }

  /** A tenant whose Tenant and APIKey are Ready. */
  static TestTenant ready(String purpose) {
    return apply(purpose).awaitReady();
  }

  static TestTenant ready(String purpose, SandboxPolicySpec policy) {
    return apply(purpose, policy).awaitReady();
  }

  /** Limits of a policy for tests that hit them: everything default but these. */
  static SandboxPolicySpec policy(SandboxPolicySpec.Resources resources, int execTimeoutSeconds) {
    var d = SandboxPolicySpec.defaults();
    var limits =
        new SandboxPolicySpec.Limits(
            d.limits().outputBytes(),
            d.limits().stderrBytes(),
            5,
            execTimeoutSeconds,
            d.limits().idleTimeoutSeconds(),
            d.limits().maxLifetimeSeconds(),
            d.limits().concurrentExecs());
    return new SandboxPolicySpec(
        d.runtimeClassName(),
        d.image(),
        d.tools(),
        resources,
        limits,
        d.pool(),
        d.network(),
        Backend.Pod);
  }

  /** A policy whose sandboxes do not live long; the shortest times that the schema allows. */
  static SandboxPolicySpec shortLived() {
    var d = SandboxPolicySpec.defaults();
    var limits =
        new SandboxPolicySpec.Limits(
            d.limits().outputBytes(),
            d.limits().stderrBytes(),
            d.limits().toolCallsPerRequest(),
            5,
            10,
            30,
            d.limits().concurrentExecs());
    return new SandboxPolicySpec(
        d.runtimeClassName(),
        d.image(),
        d.tools(),
        d.resources(),
        limits,
        d.pool(),
        d.network(),
        Backend.Pod);
  }

  private void create(SandboxPolicySpec policySpec, TenantSpec.Database database) {
    var client = CLUSTER.admin();
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(apps()).endMetadata().build())
        .create();
    var policy = new SandboxPolicy();
    policy.setMetadata(new ObjectMetaBuilder().withName(name).build());
    policy.setSpec(policySpec);
    client.resource(policy).create();
    var d = TenantSpec.defaults();
    var tenant = new Tenant();
    tenant.setMetadata(new ObjectMetaBuilder().withName(name).build());
    tenant.setSpec(
        new TenantSpec(
            name,
            null,
            false,
            database,
            new TenantSpec.ApiKeys(
                List.of(
                    new TenantSpec.KeyNamespace(
                        apps(),
                        List.of(Role.USER, Role.ADMIN),
                        List.of(Scope.READ, Scope.WRITE, Scope.EXECUTE, Scope.AUDIT))),
                50),
            new TenantSpec.Models(List.of("*"), "demo"),
            d.tools(),
            new TenantSpec.Sandbox(List.of(name), 10),
            new TenantSpec.Limits(100_000),
            new TenantSpec.Deletion(TenantSpec.DeletionPolicy.RETAIN, 30, false),
            List.of(),
            null,
            List.of()));
    client.resource(tenant).create();
    key("app", List.of(Role.ADMIN), List.of(Scope.READ, Scope.WRITE, Scope.EXECUTE, Scope.AUDIT));
  }

  /** The pods of its sandboxes that somebody holds. */
  List<Pod> claimedPods() {
    return CLUSTER
        .admin()
        .pods()
        .inNamespace(namespace())
        .withLabel(Names.SANDBOX_STATE, Names.CLAIMED)
        .list()
        .getItems();
  }

  /** One more APIKey in the tenant's app namespace. */
  void key(String keyName, List<Role> roles, List<Scope> scopes) {
    var key = new ApiKey();
    key.setMetadata(new ObjectMetaBuilder().withName(keyName).withNamespace(apps()).build());
    key.setSpec(
        new ApiKeySpec(
            new ApiKeySpec.TenantRef(name),
            roles,
            scopes,
            ApiKeySpec.Delivery.secret(null),
            30,
            null));
    CLUSTER.admin().resource(key).create();
  }

  /** A key of role user and scope read, delivered in another way. */
  void key(String keyName, ApiKeySpec.Delivery delivery) {
    var key = new ApiKey();
    key.setMetadata(new ObjectMetaBuilder().withName(keyName).withNamespace(apps()).build());
    key.setSpec(
        new ApiKeySpec(
            new ApiKeySpec.TenantRef(name),
            List.of(Role.USER),
            List.of(Scope.READ),
            delivery,
            30,
            null));
    CLUSTER.admin().resource(key).create();
  }

  /** The most that keys of the app namespace may carry from now on. */
  void ceiling(List<Role> roles, List<Scope> scopes) {
    var namespace =
        Map.of(
            "name", apps(),
            "roles", roles.stream().map(Role::wire).toList(),
            "scopes", scopes.stream().map(Scope::wire).toList());
    CLUSTER
        .admin()
        .resource(tenant())
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            Serialization.asJson(
                Map.of("spec", Map.of("apiKeys", Map.of("namespaces", List.of(namespace))))));
  }

  /** Asks for a rotation and waits for the new key. */
  void rotate(String keyName) {
    var before = apiKey(keyName).getStatus().keyId();
    CLUSTER
        .admin()
        .resource(apiKey(keyName))
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\":{\"rotation\":{\"requestedAt\":\"" + Instant.now() + "\"}}}");
    await("rotation of " + keyName)
        .atMost(Duration.ofSeconds(20))
        .until(() -> !apiKey(keyName).getStatus().keyId().equals(before));
  }

  TestTenant awaitReady() {
    await("tenant " + name + " Ready")
        .atMost(READY)
        .until(() ->
            isReady(tenant().getStatus() == null ? List.of() : tenant().getStatus().conditions()));
    awaitKey("app");
    return this;
  }

  void awaitKey(String keyName) {
    await("key " + keyName + " Ready")
        .atMost(READY)
        .until(() ->
            isReady(
                apiKey(keyName).getStatus() == null
                    ? List.of()
                    : apiKey(keyName).getStatus().conditions()));
  }

  static boolean isReady(List<Condition> conditions) {
    return conditions.stream()
        .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
  }

  Tenant tenant() {
    return CLUSTER.admin().resources(Tenant.class).withName(name).require();
  }

  ApiKey apiKey(String keyName) {
    return CLUSTER.admin().resources(ApiKey.class).inNamespace(apps()).withName(keyName).require();
  }

  String apps() {
    return name + "-apps";
  }

  String namespace() {
    return Optional.ofNullable(tenant().getStatus().namespace()).orElseThrow();
  }

  String id() {
    return Optional.ofNullable(tenant().getStatus().tenantId()).orElseThrow();
  }

  Api api() {
    return api("app");
  }

  Api api(String keyName) {
    return new Api(CLUSTER.apiUrl(), CLUSTER.secret(apps(), keyName + "-hermes", "HERMES_API_KEY"));
  }

  List<Pod> sandboxes() {
    return CLUSTER
        .admin()
        .pods()
        .inNamespace(namespace())
        .withLabel("hermes.dev/sandbox-state")
        .list()
        .getItems()
        .stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .toList();
  }

  @Override
  public void close() {
    var client = CLUSTER.admin();
    client.namespaces().withName(apps()).delete();
    client.resources(Tenant.class).withName(name).delete();
    client.resources(SandboxPolicy.class).withName(name).delete();
  }
}

package dev.hermes.operator.cluster;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeySpec;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.testing.TestDatabase;
import dev.hermes.operator.kube.Conditions;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClassBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.awaitility.Awaitility;

/**
 * One control plane and one database for all cluster tests of this JVM; each test has its own
 * names.
 */
public final class Cluster implements AutoCloseable {
  public static final String APPS = "apps";
  static final String LOGINS = "hermes-system-logins";
  static final String IMAGE =
      "registry.example/sandbox@sha256:"
          + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

  private static Cluster instance;

  private final Path dir;
  private final ControlPlane plane;
  private final TestDatabase database;
  private final StartCache startCache;

  private Cluster(String... apiServerFlags) throws IOException, GeneralSecurityException {
    dir =
        Files.createTempDirectory(
            Files.createDirectories(Path.of("target").toAbsolutePath()), "cluster");
    plane =
        new ControlPlane(
            Path.of(System.getProperty("hermes.bin", "../build/bin")), dir, apiServerFlags);
    database = TestDatabase.create();
    startCache = new StartCache(dir);
    prepare();
  }

  public static synchronized Cluster get() {
    if (instance == null) {
      instance = fresh();
      instance.startCache.train(instance);
    }
    return instance;
  }

  /** An empty one of its own, for who counts what is in it; to be closed. */
  static Cluster fresh(String... apiServerFlags) {
    try {
      return new Cluster(apiServerFlags);
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    plane.close();
    database.close();
  }

  public KubernetesClient kubernetes() {
    return plane.admin();
  }

  public TestDatabase database() {
    return database;
  }

  OperatorProcess operator() {
    return operator(Map.of());
  }

  /** Everything that any operator process of this JVM has printed. */
  public Path log() {
    return dir.resolve("operator.log");
  }

  public Path operatorKubeconfig() {
    return plane.operatorKubeconfig();
  }

  /** The API server's port on this host, for whoever puts himself before it. */
  public int apiPort() {
    return plane.port();
  }

  /** What the operator was allowed to write, as the API server noted it: one JSON object a line. */
  public Path auditLog() {
    return plane.auditLog();
  }

  public Path pepperDir() {
    return dir.resolve("pepper");
  }

  /** Where test files of this JVM go. */
  public Path dir() {
    return dir;
  }

  public OperatorProcess operator(Map<String, String> more, String... jvmFlags) {
    Map<String, String> environment = environment();
    environment.putAll(more);
    return new OperatorProcess(log(), startCache, environment, jvmFlags);
  }

  ControlPlane plane() {
    return plane;
  }

  OperatorProcess haltingAt(String step) {
    return operator(Map.of("HERMES_TEST_HOOKS", "true", "HERMES_TEST_HALT_AT", step));
  }

  // objects

  static RuntimeClass runtimeClass(String name) {
    return new RuntimeClassBuilder()
        .withNewMetadata()
        .withName(name)
        .endMetadata()
        .withHandler("runsc")
        .withNewOverhead()
        .addToPodFixed("cpu", new Quantity("10m"))
        .addToPodFixed("memory", new Quantity("32Mi"))
        .endOverhead()
        .build();
  }

  public static Tenant tenant(String name, String... policies) {
    TenantSpec defaults = TenantSpec.defaults();
    return tenant(
        name,
        new TenantSpec(
            name,
            null,
            false,
            defaults.database(),
            new TenantSpec.ApiKeys(
                List.of(
                    new TenantSpec.KeyNamespace(
                        APPS, List.of(Role.USER), List.of(Scope.READ, Scope.EXECUTE))),
                50),
            defaults.models(),
            defaults.tools(),
            new TenantSpec.Sandbox(List.of(policies), 3),
            defaults.limits(),
            new TenantSpec.Deletion(TenantSpec.DeletionPolicy.RETAIN, 30, false),
            List.of(),
            null,
            List.of()));
  }

  /** A tenant that takes over data. */
  static Tenant adopting(String name, String tenantId, String... policies) {
    return tenant(name, tenant(name, policies).getSpec().adopting(tenantId));
  }

  /** A tenant whose data is to be purged at once, as far as the platform allows. */
  static Tenant purged(String name) {
    return tenant(
        name,
        tenant(name)
            .getSpec()
            .withDeletion(new TenantSpec.Deletion(TenantSpec.DeletionPolicy.DELETE, 0, false)));
  }

  static Tenant tenant(String name, TenantSpec spec) {
    Tenant tenant = new Tenant();
    tenant.setMetadata(new ObjectMetaBuilder().withName(name).build());
    tenant.setSpec(spec);
    return tenant;
  }

  public static ApiKey key(String name, String tenant, List<Role> roles) {
    ApiKey key = new ApiKey();
    key.setMetadata(new ObjectMetaBuilder().withName(name).withNamespace(APPS).build());
    key.setSpec(
        new ApiKeySpec(
            new ApiKeySpec.TenantRef(tenant), roles, List.of(Scope.READ), null, 90, null));
    return key;
  }

  static ApiKey key(
      String name, String tenant, ApiKeySpec.Delivery delivery, ApiKeySpec.Rotation rotation) {
    ApiKey key = key(name, tenant, List.of(Role.USER));
    key.setSpec(
        new ApiKeySpec(
            key.getSpec().tenantRef(),
            key.getSpec().roles(),
            key.getSpec().scopes(),
            delivery,
            90,
            rotation));
    return key;
  }

  /** A policy with a RuntimeClass and a number of warm pods of its own. */
  static SandboxPolicy policy(String name, String runtimeClass, int warm) {
    SandboxPolicySpec d = SandboxPolicySpec.defaults();
    SandboxPolicy policy = policy(name);
    policy.setSpec(
        new SandboxPolicySpec(
            runtimeClass,
            d.image(),
            d.tools(),
            d.resources(),
            d.limits(),
            new SandboxPolicySpec.Pool(warm, 10, 900),
            d.network(),
            Backend.Pod));
    return policy;
  }

  public static SandboxPolicy policy(String name) {
    SandboxPolicy policy = new SandboxPolicy();
    policy.setMetadata(new ObjectMetaBuilder().withName(name).build());
    policy.setSpec(SandboxPolicySpec.defaults());
    return policy;
  }

  Tenant tenant(Tenant tenant) {
    return kubernetes().resource(tenant).get();
  }

  ApiKey key(ApiKey key) {
    return kubernetes().resource(key).get();
  }

  void delete(Tenant tenant) {
    kubernetes().resource(tenant).delete();
    eventually(tenant.getMetadata().getName() + " gone", () -> tenant(tenant) == null);
  }

  /** The object goes without its finalizer having run, as with a cluster that is lost. */
  void lose(Tenant tenant) {
    patch(tenant, "{\"metadata\":{\"finalizers\":null}}");
    delete(tenant);
  }

  void patch(HasMetadata object, String mergePatch) {
    kubernetes().resource(object).patch(PatchContext.of(PatchType.JSON_MERGE), mergePatch);
  }

  String message(Tenant tenant, ConditionType type) {
    return Conditions.find(tenant(tenant).getStatus().conditions(), type)
        .map(Condition::getMessage)
        .orElse("");
  }

  // waiting

  static void eventually(String what, Callable<Boolean> condition) {
    Awaitility.await(what)
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(100))
        .until(condition);
  }

  void awaitReason(Tenant tenant, ConditionType type, String reason) {
    awaitReason(tenant, live -> live.getStatus().conditions(), type, reason);
  }

  void awaitReason(ApiKey key, ConditionType type, String reason) {
    awaitReason(key, live -> live.getStatus().conditions(), type, reason);
  }

  void awaitReason(SandboxPolicy policy, ConditionType type, String reason) {
    awaitReason(policy, live -> live.getStatus().conditions(), type, reason);
  }

  private <T extends CustomResource<?, ?>> void awaitReason(
      T object, Function<T, List<Condition>> conditions, ConditionType type, String reason) {
    eventually(
        object.getMetadata().getName() + " " + type + "=" + reason,
        () -> {
          T live = kubernetes().resource(object).get();
          return live != null
              && live.getStatus() != null
              && reason(conditions.apply(live), type).equals(Optional.of(reason));
        });
  }

  void awaitReady(Tenant tenant) {
    awaitReason(tenant, ConditionType.Ready, "Ready");
  }

  void awaitReady(ApiKey key) {
    awaitReason(key, ConditionType.Ready, "Ready");
  }

  static Optional<String> reason(List<Condition> conditions, ConditionType type) {
    return Conditions.find(conditions, type).map(Condition::getReason);
  }

  // database

  /** One value, asked by the superuser. */
  public String sql(String query, Object... parameters) {
    try (Connection connection = database.superuser();
        PreparedStatement statement = connection.prepareStatement(query)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? String.valueOf(row.getObject(1)) : "";
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A change by the superuser, such as a journey in time. */
  void execute(String statement) {
    try (Connection connection = database.superuser();
        Statement sql = connection.createStatement()) {
      sql.execute(statement);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("KUBECONFIG", plane.operatorKubeconfig().toString());
    environment.put("HERMES_NAMESPACE", "hermes-system");
    environment.put("POD_NAME", "operator-test");
    environment.put("HERMES_DB_URL", database.url());
    environment.put("HERMES_DB_DIR", database.passwordDir().toString());
    environment.put("HERMES_PEPPER_DIR", dir.resolve("pepper").toString());
    environment.put("HERMES_SIGNING_PUBLIC_FILE", dir.resolve("public.pem").toString());
    environment.put("HERMES_API_URL", "http://hermes-api.hermes-system.svc:8080");
    environment.put("HERMES_SANDBOX_IMAGE", IMAGE);
    environment.put("HERMES_LEADER_ELECTION", "false");
    // no kubelet ends their pods; CanaryClusterIT turns them on and ends them itself
    environment.put("HERMES_CANARY_INTERVAL_MINUTES", "0");
    return environment;
  }

  private void prepare() throws IOException, GeneralSecurityException {
    Files.createDirectories(dir.resolve("pepper"));
    Files.writeString(dir.resolve("pepper/1"), Base64.getEncoder().encodeToString(new byte[32]));
    Files.writeString(
        dir.resolve("public.pem"),
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getEncoder()
                .encodeToString(
                    KeyPairGenerator.getInstance("Ed25519")
                        .generateKeyPair()
                        .getPublic()
                        .getEncoded())
            + "\n-----END PUBLIC KEY-----\n");
    for (String namespace : List.of("hermes-system", LOGINS, APPS)) {
      create(new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build());
    }
    for (String crd : List.of("tenants", "sandboxpolicies", "apikeys")) {
      apply(Files.newInputStream(Path.of("../crds/generated/" + crd + ".hermes.dev.yaml")));
    }
    apply(Cluster.class.getResourceAsStream("/cluster/rbac.yaml"));
    create(runtimeClass("gvisor"));
    Awaitility.await("CRDs")
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(() -> kubernetes().resources(ApiKey.class).list() != null);
  }

  private void create(HasMetadata object) {
    kubernetes().resource(object).createOr(NonDeletingOperation::update);
  }

  private void apply(InputStream yaml) throws IOException {
    try (yaml) {
      kubernetes().load(yaml).items().forEach(this::create);
    }
  }
}

package dev.hermes.operator.cluster;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeySpec;
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
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
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
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/**
 * One control plane and one database for all cluster tests of this JVM; each test has its own
 * names.
 */
public final class Cluster {
  static final String APPS = "apps";
  static final String IMAGE =
      "registry.example/sandbox@sha256:"
          + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

  private static Cluster instance;

  private final Path dir;
  private final ControlPlane plane;
  private final TestDatabase database;

  private Cluster() throws IOException, GeneralSecurityException {
    dir =
        Files.createTempDirectory(
            Files.createDirectories(Path.of("target").toAbsolutePath()), "cluster");
    plane = new ControlPlane(Path.of(System.getProperty("hermes.bin", "../build/bin")), dir);
    database = TestDatabase.create();
    prepare();
  }

  public static synchronized Cluster get() {
    if (instance == null) {
      try {
        instance = new Cluster();
      } catch (IOException | GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }
    return instance;
  }

  public KubernetesClient kubernetes() {
    return plane.admin();
  }

  OperatorProcess operator() {
    return new OperatorProcess(log(), environment());
  }

  OperatorProcess operator(Map<String, String> more) {
    Map<String, String> environment = environment();
    environment.putAll(more);
    return new OperatorProcess(log(), environment);
  }

  /** Everything that any operator process of this JVM has printed. */
  Path log() {
    return dir.resolve("operator.log");
  }

  OperatorProcess haltingAt(String step) {
    return operator(Map.of("HERMES_TEST_HOOKS", "true", "HERMES_TEST_HALT_AT", step));
  }

  // objects

  static Tenant tenant(String name, String... policies) {
    TenantSpec defaults = TenantSpec.defaults();
    return tenant(
        name,
        new TenantSpec(
            name,
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
            new TenantSpec.Deletion(TenantSpec.DeletionPolicy.RETAIN, false)));
  }

  static Tenant tenant(String name, TenantSpec spec) {
    Tenant tenant = new Tenant();
    tenant.setMetadata(new ObjectMetaBuilder().withName(name).build());
    tenant.setSpec(spec);
    return tenant;
  }

  static ApiKey key(String name, String tenant, List<Role> roles) {
    ApiKey key = new ApiKey();
    key.setMetadata(new ObjectMetaBuilder().withName(name).withNamespace(APPS).build());
    key.setSpec(
        new ApiKeySpec(new ApiKeySpec.TenantRef(tenant), roles, List.of(Scope.READ), null, 90));
    return key;
  }

  static SandboxPolicy policy(String name) {
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

  // waiting

  static void eventually(String what, Callable<Boolean> condition) {
    Awaitility.await(what)
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(100))
        .until(condition);
  }

  void awaitReason(Tenant tenant, ConditionType type, String reason) {
    eventually(
        tenant.getMetadata().getName() + " " + type + "=" + reason,
        () -> {
          Tenant live = tenant(tenant);
          return live != null
              && live.getStatus() != null
              && reason(live.getStatus().conditions(), type).equals(Optional.of(reason));
        });
  }

  void awaitReason(ApiKey key, ConditionType type, String reason) {
    eventually(
        key.getMetadata().getName() + " " + type + "=" + reason,
        () -> {
          ApiKey live = key(key);
          return live != null
              && live.getStatus() != null
              && reason(live.getStatus().conditions(), type).equals(Optional.of(reason));
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
  String sql(String query, Object... parameters) {
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
    for (String namespace : List.of("hermes-system", APPS)) {
      create(new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build());
    }
    for (String crd : List.of("tenants", "sandboxpolicies", "apikeys")) {
      apply(Files.newInputStream(Path.of("../crds/generated/" + crd + ".hermes.dev.yaml")));
    }
    apply(Cluster.class.getResourceAsStream("/cluster/rbac.yaml"));
    create(
        new RuntimeClassBuilder()
            .withNewMetadata()
            .withName("gvisor")
            .endMetadata()
            .withHandler("runsc")
            .withNewOverhead()
            .addToPodFixed("cpu", new Quantity("10m"))
            .addToPodFixed("memory", new Quantity("32Mi"))
            .endOverhead()
            .build());
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

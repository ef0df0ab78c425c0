import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.crds.effective.EffectiveDatabase;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.id.UuidV7;
import dev.hermes.database.key.ApiKeyFormat;
import dev.hermes.database.key.Digest;
import dev.hermes.database.key.Pepper;
import dev.hermes.database.key.RawKey;
import dev.hermes.sandbox.pod.SandboxPod;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Does for a world without a cluster what the operator does for a Tenant and an APIKey: the same
 * functions of the database, by the same role, with the programs' own classes. Run from its source,
 * on the class path of the image.
 *
 * <p>{@code tenant ETC} prints a key of a tenant without sandboxes; {@code sandboxes ETC} prints, as
 * JSON, one of a tenant with them, and a warm pod of its; {@code rows ETC} how many rows of usage
 * there are, past all policies; {@code log ETC} has the server log every statement.
 */
final class Provision {
  private static final int NO_LIMIT = 100_000_000;

  private final Path etc;

  private Provision(Path etc) {
    this.etc = etc;
  }

  public static void main(String[] arguments) throws Exception {
    Provision provision = new Provision(Path.of(arguments[1]));
    System.out.println(
        switch (arguments[0]) {
          case "tenant" -> provision.tenant(effective(List.of()));
          case "sandboxes" -> provision.sandboxes();
          case "rows" -> provision.rows();
          case "log" -> provision.log();
          default -> throw new IllegalArgumentException("tenant, sandboxes, rows or log");
        });
  }

  private static EffectiveTenant effective(List<EffectivePolicy> policies) {
    return new EffectiveTenant(
        UuidV7.next().toString(),
        "bench",
        "Bench",
        false,
        1,
        "hermes-bench",
        EffectiveDatabase.shared(),
        new TenantSpec.Models(List.of("*"), null),
        policies.stream().flatMap(policy -> policy.tools().stream()).toList(),
        NO_LIMIT,
        10,
        policies,
        List.of());
  }

  private String sandboxes() throws Exception {
    SandboxPolicySpec spec = SandboxPolicySpec.defaults();
    EffectivePolicy policy =
        new EffectivePolicy(
            "default",
            "training@sha256:" + "0".repeat(64),
            spec.runtimeClassName(),
            spec.tools(),
            spec.resources(),
            spec.limits(),
            spec.pool(),
            List.of("127.0.0.1:443"),
            spec.network(),
            null,
            null,
            spec.backend());
    EffectiveTenant tenant = effective(List.of(policy));
    SandboxPodRequest warm =
        SandboxPodRequest.warm(
            tenant.tenantId(), tenant.name(), tenant.namespace(), policy, "of nobody");
    return new ObjectMapper()
        .writeValueAsString(Map.of("key", tenant(tenant), "pod", SandboxPod.desired(warm)));
  }

  private String tenant(EffectiveTenant tenant) throws Exception {
    UUID id = UUID.fromString(tenant.tenantId());
    RawKey key = ApiKeyFormat.mint(new SecureRandom());
    Digest digest = Pepper.load(etc.resolve("pepper")).digest(key.innerHash());
    try (Connection provisioner = connect("hermes_provisioner", "provisioner")) {
      call(
          provisioner,
          "select provision.upsert_tenant(?, ?, ?, ?, ?, 'active', 1, ?::jsonb, 0)",
          "uid-bench",
          id,
          tenant.name(),
          tenant.displayName(),
          tenant.namespace(),
          new ObjectMapper().writeValueAsString(tenant));
      call(
          provisioner,
          "select authn.issue(?, ?, ?, ?, ?, ?, ?, ?, null, 'cr', 'uid-bench-key', 0)",
          id,
          key.keyId(),
          digest.value(),
          digest.version(),
          key.prefix(),
          provisioner.createArrayOf("text", new String[] {"user"}),
          provisioner.createArrayOf("text", new String[] {"read", "execute"}),
          "key:" + key.keyId());
    }
    return key.text();
  }

  private long rows() throws Exception {
    try (Connection superuser = connect("postgres", "superuser");
        ResultSet rows =
            superuser.createStatement().executeQuery("select count(*) from hermes.usage_records")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private String log() throws Exception {
    try (Connection superuser = connect("postgres", "superuser");
        Statement statement = superuser.createStatement()) {
      statement.execute("alter system set log_statement = 'all'");
      statement.execute("select pg_reload_conf()");
    }
    return "on";
  }

  private static void call(Connection connection, String sql, Object... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      statement.execute();
    }
  }

  private Connection connect(String user, String file) throws Exception {
    String password = Files.readString(etc.resolve("db").resolve(file)).strip();
    return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:5432/hermes", user, password);
  }
}

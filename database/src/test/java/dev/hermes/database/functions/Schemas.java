package dev.hermes.database.functions;

import dev.hermes.database.key.ScramVerifier;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.UUID;

/** Tenants with a schema of their own, made through the operator's functions. */
public final class Schemas {
  private Schemas() {}

  /** The name of the tenant's schema and login. */
  public static String name(UUID tenant) {
    return "hermes_t_" + tenant.toString().replace("-", "");
  }

  /** A tenant, its schema and its login. */
  public static UUID make(TestDatabase database, String crUid) {
    return make(new Caller(database, "provisioner"), crUid);
  }

  static UUID make(Caller provisioner, String crUid) {
    UUID tenant = Tenants.make(provisioner, crUid);
    open(provisioner, tenant);
    return tenant;
  }

  /** Schema and login of a tenant that exists. */
  public static void open(TestDatabase database, UUID tenant) {
    open(new Caller(database, "provisioner"), tenant);
  }

  static void open(Caller provisioner, UUID tenant) {
    provisioner.rows("select provision.create_schema(?, 0)", tenant);
    login(provisioner, tenant, password(tenant));
  }

  static void login(Caller provisioner, UUID tenant, String password) {
    provisioner.rows(
        "select provision.tenant_login(?, ?, 0)", tenant, ScramVerifier.of(password, name(tenant)));
  }

  /** What {@link #open} sets. */
  static String password(UUID tenant) {
    return "password-of-" + name(tenant);
  }

  /** Logs in as the tenant's own role. */
  public static Connection connect(TestDatabase database, UUID tenant) throws SQLException {
    return connect(database, tenant, password(tenant));
  }

  static Connection connect(TestDatabase database, UUID tenant, String password)
      throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", name(tenant));
    properties.setProperty("password", password);
    return DriverManager.getConnection(database.url(), properties);
  }
}

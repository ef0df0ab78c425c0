package dev.hermes.operator.provision;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The schemas and logins of tenants that have their own; the Tenant controller's door to them. */
public final class TenantSchemas {
  private static final String FULL = "HX007";
  private static final String GONE = "HX002";

  private final Fenced database;

  public TenantSchemas(Fenced database) {
    this.database = database;
  }

  /**
   * A schema that is there.
   *
   * @param verifierSha256 of what the login's password is checked against; empty: there is no login
   */
  public record Schema(String name, int version, Optional<byte[]> verifierSha256) {}

  public Optional<Schema> find(UUID tenantId) {
    return database.ask(handle ->
        handle
            .createQuery(
                "select schema, version, verifier_sha256 from provision.tenant_schema(:tenant)")
            .bind("tenant", tenantId)
            .map((row, context) ->
                new Schema(
                    row.getString("schema"),
                    row.getInt("version"),
                    Optional.ofNullable(row.getBytes("verifier_sha256"))))
            .findOne());
  }

  /** Makes the schema, whole or not at all; false: the database has as many as it may. */
  public boolean create(UUID tenantId) {
    try {
      database.call((handle, fence) ->
          handle.execute("select provision.create_schema(?, ?)", tenantId, fence));
      return true;
    } catch (RuntimeException e) {
      if (Fenced.state(e).filter(FULL::equals).isPresent()) {
        return false;
      }
      throw e;
    }
  }

  /**
   * Makes the login, or gives it another password.
   *
   * @param verifier SCRAM-SHA-256; the database refuses a password in clear
   */
  public void login(UUID tenantId, String verifier) {
    database.call((handle, fence) ->
        handle.execute("select provision.tenant_login(?, ?, ?)", tenantId, verifier, fence));
  }

  /**
   * Partitions of this month and the next, of the shared schema and of each tenant's, every schema
   * in a transaction of its own, which bounds the locks. Returns how many were made; throws at the
   * end when one failed.
   */
  public int ensurePartitions() {
    List<String> schemas =
        database.ask(handle ->
            handle
                .createQuery("select 'hermes' union all select schema from layout.tenant_schemas")
                .mapTo(String.class)
                .list());
    int made = 0;
    Optional<RuntimeException> failed = Optional.empty();
    for (String schema : schemas) {
      try {
        made += ensurePartitions(schema);
      } catch (RuntimeException e) {
        failed = Optional.of(e);
      }
    }
    if (failed.isPresent()) {
      throw failed.get();
    }
    return made;
  }

  /** 0 when the schema is gone meanwhile. */
  private int ensurePartitions(String schema) {
    try {
      return database.call((handle, fence) ->
          handle
              .createQuery("select hermes.ensure_partitions(cast(:schema as name))")
              .bind("schema", schema)
              .mapTo(Integer.class)
              .one());
    } catch (RuntimeException e) {
      if (Fenced.state(e).filter(GONE::equals).isPresent()) {
        return 0;
      }
      throw e;
    }
  }
}

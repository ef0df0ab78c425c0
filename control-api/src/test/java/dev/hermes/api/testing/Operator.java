package dev.hermes.api.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.key.ApiKeyFormat;
import dev.hermes.database.key.Digest;
import dev.hermes.database.key.Pepper;
import dev.hermes.database.key.RawKey;
import dev.hermes.database.testing.TestDatabase;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.jdbi.v3.core.Jdbi;

/** Does in the database what the operator does, with the operator's role. */
public final class Operator {
  private final TestDatabase database;
  private final Pepper pepper;
  private final ObjectMapper json = new ObjectMapper();

  Operator(TestDatabase database, Pepper pepper) {
    this.database = database;
    this.pepper = pepper;
  }

  public TestTenant apply(TestTenant tenant) {
    provision(handle ->
        handle
            .createQuery(
                """
                select provision.upsert_tenant(:uid, :id, :name, :display, :namespace, :state,
                  :generation, :config::jsonb, 0)
                """)
            .bind("uid", "uid-" + tenant.id())
            .bind("id", tenant.id())
            .bind("name", tenant.config().name())
            .bind("display", tenant.config().displayName())
            .bind("namespace", tenant.config().namespace())
            .bind("state", tenant.state())
            .bind("generation", tenant.config().generation())
            .bind("config", json.writeValueAsString(tenant.config()))
            .mapTo(String.class)
            .one());
    return tenant;
  }

  /** Makes the tenant's own schema. */
  public void schema(TestTenant tenant) {
    provision(handle ->
        handle
            .createQuery("select provision.create_schema(:id, 0)")
            .bind("id", tenant.id())
            .mapTo(Integer.class)
            .one());
  }

  public RawKey key(TestTenant tenant, List<Role> roles, List<Scope> scopes) {
    return key(tenant, roles, scopes, null);
  }

  public RawKey key(TestTenant tenant, List<Role> roles, List<Scope> scopes, Instant expiresAt) {
    RawKey key = ApiKeyFormat.mint(new SecureRandom());
    issue(tenant, key, roles, scopes, expiresAt);
    return key;
  }

  public void issue(
      TestTenant tenant, RawKey key, List<Role> roles, List<Scope> scopes, Instant expiresAt) {
    Digest digest = pepper.digest(key.innerHash());
    provision(handle ->
        handle
            .createQuery(
                """
                select authn.issue(:tenant, :kid, :digest, :version, :prefix, :roles, :scopes,
                  :principal, :expires, 'cr', :uid, 0)
                """)
            .bind("tenant", tenant.id())
            .bind("kid", key.keyId())
            .bind("digest", digest.value())
            .bind("version", digest.version())
            .bind("prefix", key.prefix())
            .bindArray("roles", String.class, roles.stream().map(Role::wire).toArray())
            .bindArray("scopes", String.class, scopes.stream().map(Scope::wire).toArray())
            .bind("principal", "key:" + key.keyId())
            .bind("expires", expiresAt == null ? null : expiresAt.atOffset(ZoneOffset.UTC))
            .bind("uid", "key-uid-" + key.keyId())
            .mapTo(Boolean.class)
            .one());
  }

  public void revoke(RawKey key) {
    provision(handle ->
        handle
            .createQuery("select authn.revoke(:kid, 0)")
            .bind("kid", key.keyId())
            .mapTo(Boolean.class)
            .one());
  }

  private interface Call<T> {
    T on(org.jdbi.v3.core.Handle handle) throws Exception;
  }

  private <T> T provision(Call<T> call) {
    try (Connection connection = database.connect("provisioner");
        org.jdbi.v3.core.Handle handle = Jdbi.open(connection)) {
      return call.on(handle);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}

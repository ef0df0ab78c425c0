package dev.hermes.operator.faults;

import dev.hermes.crds.Names;
import dev.hermes.database.key.ApiKeyFormat;
import dev.hermes.database.key.Pepper;
import dev.hermes.database.key.RawKey;
import dev.hermes.operator.cluster.Cluster;
import io.fabric8.kubernetes.api.model.Secret;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The rows of one run, read by the superuser, and whether the keys in Secrets are good. */
final class Rows {
  private static final Map<String, String> QUERIES =
      Map.of(
          "row of tenants",
          """
          select t.tenant_id, t.cr_uid, t.name, t.display_name, t.namespace, t.state, t.generation,
                 t.config::text
            from hermes.tenants t where t.name like ?
          """,
          "row of isolation_canary",
          """
          select t.name, count(c.canary)
            from hermes.tenants t left join hermes.isolation_canary c using (tenant_id)
           where t.name like ? group by t.name
          """,
          "row of tenant_deletions",
          """
          select d.tenant_id, d.cr_uid, d.name, d.policy, d.evidence::text
            from hermes.tenant_deletions d where d.name like ?
          """,
          "row of key_digests",
          """
          select t.name, k.cr_uid, k.principal, k.source, k.roles::text, k.scopes::text,
                 k.revoked_at is not null as revoked
            from authn.key_digests k join hermes.tenants t using (tenant_id) where t.name like ?
          """);

  private final Cluster cluster;
  private final String run;
  private final Normal normal;

  Rows(Cluster cluster, String run, Normal normal) {
    this.cluster = cluster;
    this.run = run;
    this.normal = normal;
  }

  Map<String, List<String>> all() {
    Map<String, List<String>> rows = new TreeMap<>();
    try (Connection connection = cluster.database().superuser()) {
      for (Map.Entry<String, String> query : QUERIES.entrySet()) {
        rows.put(query.getKey(), rows(connection, query.getValue()));
      }
      rows.put("key", keys(connection));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return rows;
  }

  private List<String> rows(Connection connection, String query) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setString(1, run + "-%");
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          StringBuilder text = new StringBuilder();
          for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
            text.append(row.getMetaData().getColumnName(i)).append('=');
            text.append(row.getString(i)).append(' ');
          }
          rows.add(text.toString());
        }
      }
    }
    return rows;
  }

  /** The key of each Secret: good is one whose digest is stored, under its own id, not revoked. */
  private List<String> keys(Connection connection) throws SQLException {
    List<String> keys = new ArrayList<>();
    Pepper pepper = Pepper.load(cluster.pepperDir());
    for (Secret secret :
        cluster
            .kubernetes()
            .secrets()
            .inNamespace(Cluster.APPS)
            .withLabel(Names.MANAGED_BY, Names.MANAGED_BY_OPERATOR)
            .list()
            .getItems()) {
      Optional<RawKey> raw = ApiKeyFormat.parse(value(secret, Names.KEY_SECRET_KEY));
      raw.ifPresent(key -> normal.learn(key.keyId(), "key of " + secret.getMetadata().getName()));
      keys.add(
          secret.getMetadata().getName()
              + (raw.isPresent() && isGood(connection, raw.get(), pepper) ? " good" : " not good"));
    }
    return keys;
  }

  private static boolean isGood(Connection connection, RawKey key, Pepper pepper)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            select pepper_version, digest from authn.key_digests
             where kid = ? and revoked_at is null and expires_at > now()
            """)) {
      statement.setString(1, key.keyId());
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && pepper.matches(row.getInt(1), row.getBytes(2), key.innerHash());
      }
    }
  }

  private static String value(Secret secret, String field) {
    return new String(
        Base64.getDecoder().decode(secret.getData().get(field)), StandardCharsets.UTF_8);
  }
}

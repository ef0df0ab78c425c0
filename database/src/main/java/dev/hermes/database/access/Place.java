package dev.hermes.database.access;

import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * Where the rows of a tenant live.
 *
 * @param pool connections of role hermes_app with auto-commit off, see {@link Pools#transactional}
 * @param schema with the tenant's tables; statements name tables without it
 */
public record Place(DataSource pool, String schema) {
  /** The schema that tenants share; every role's own search_path names it. */
  public static final String SHARED_SCHEMA = "hermes";

  private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,62}");

  public Place {
    if (!NAME.matcher(schema).matches()) {
      throw new IllegalArgumentException("not the name of a schema: " + schema);
    }
  }

  /** In the schema that tenants share. */
  public static Place shared(DataSource pool) {
    return new Place(pool, SHARED_SCHEMA);
  }

  /**
   * Whether work for this place may run in a transaction that was begun in another one. What is in
   * the shared schema may from everywhere in its database, for its statements name the schema.
   */
  boolean joins(Place outer) {
    return pool == outer.pool && (isShared() || schema.equals(outer.schema));
  }

  boolean isShared() {
    return schema.equals(SHARED_SCHEMA);
  }
}

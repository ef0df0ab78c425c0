package dev.hermes.database.migrate;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.output.MigrateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the schema to this jar's version. Runs as hermes_migrator in the migration Job alone;
 * every object it makes belongs to hermes_owner.
 */
public final class Migrator {
  private static final Logger LOG = LoggerFactory.getLogger(Migrator.class);

  private final Flyway flyway;

  public Migrator(String url, String password) {
    this.flyway =
        Flyway.configure(Migrator.class.getClassLoader())
            .dataSource(url, "hermes_migrator", password)
            .initSql("set role hermes_owner")
            .schemas("flyway")
            .createSchemas(false)
            .locations("classpath:db/migration")
            .placeholderReplacement(false)
            .cleanDisabled(true)
            .load();
  }

  /** Returns how many migrations ran; 0 when the schema was up to date. */
  public int migrate() {
    MigrateResult result = flyway.migrate();
    LOG.info(
        "schema is at version {}, {} migrations ran",
        result.targetSchemaVersion == null
            ? result.initialSchemaVersion
            : result.targetSchemaVersion,
        result.migrationsExecuted);
    return result.migrationsExecuted;
  }
}

package dev.hermes.database.migrate;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.output.MigrateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the schema to this jar's version, then the schemas of tenants. Runs as hermes_migrator in
 * the migration Job alone; every object it makes belongs to hermes_owner.
 *
 * <p>What changes content is written once, for {@code ${schema}}, in {@code db/content}; everything
 * else in {@code db/migration}. Both share one line of versions (decision 0016).
 */
public final class Migrator {
  private static final Logger LOG = LoggerFactory.getLogger(Migrator.class);
  private static final String USER = "hermes_migrator";

  private final String url;
  private final String password;
  private final List<String> content;
  private final Flyway flyway;

  public Migrator(String url, String password) {
    this(url, password, List.of("db/content"));
  }

  /**
   * @param content folders of the class path with scripts for content
   */
  Migrator(String url, String password, List<String> content) {
    this.url = url;
    this.password = password;
    this.content = content;
    List<String> locations = new ArrayList<>(List.of("classpath:db/migration"));
    content.forEach(folder -> locations.add("classpath:" + folder));
    this.flyway =
        Flyway.configure(Migrator.class.getClassLoader())
            .dataSource(url, USER, password)
            .initSql("set role hermes_owner")
            .schemas("flyway")
            .createSchemas(false)
            .locations(locations.toArray(String[]::new))
            .placeholders(Map.of(ContentScript.PLACEHOLDER, "hermes"))
            .cleanDisabled(true)
            .load();
  }

  /**
   * Returns how many migrations ran on the shared schema; 0 when it was up to date. Throws when the
   * schema of a tenant could not be brought along; a second call goes on with those.
   */
  public int migrate() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url, USER, password)) {
      alone(connection);
      MigrateResult result = flyway.migrate();
      LOG.info(
          "schema is at version {}, {} migrations ran",
          result.targetSchemaVersion == null
              ? result.initialSchemaVersion
              : result.targetSchemaVersion,
          result.migrationsExecuted);
      new TenantSchemas(connection, scripts()).migrate(version());
      return result.migrationsExecuted;
    }
  }

  /** No schema is made, of old tables and new ones, while this connection lives. */
  private static void alone(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "select pg_catalog.pg_advisory_lock("
              + "pg_catalog.hashtextextended('hermes tenant schemas', 0))");
    }
  }

  private int version() {
    return Integer.parseInt(flyway.info().current().getVersion().getVersion());
  }

  private List<ContentScript> scripts() {
    return Arrays.stream(flyway.info().applied())
        .filter(migration -> migration.getVersion() != null)
        .flatMap(
            migration -> content.stream().flatMap(folder -> script(folder, migration).stream()))
        .toList();
  }

  private static List<ContentScript> script(String folder, MigrationInfo migration) {
    String path = "/" + folder + "/" + migration.getScript();
    return Migrator.class.getResource(path) == null
        ? List.of()
        : List.of(
            new ContentScript(
                Integer.parseInt(migration.getVersion().getVersion()), Resources.text(path)));
  }
}

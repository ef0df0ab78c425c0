package dev.hermes.database.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.database.check.MetaCheck;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.database.functions.Schemas;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A change of content reaches every schema that has content, however often it takes. */
class ContentMigrationIT {
  private static final int BEFORE = SchemaVersion.REQUIRED;
  private static final int AFTER = 900;

  private TestDatabase database;
  private UUID first;
  private UUID second;

  @BeforeEach
  void start() {
    database = TestDatabase.create();
    UUID one = Schemas.make(database, "cr-1");
    UUID two = Schemas.make(database, "cr-2");
    // in the order in which they are migrated
    boolean ordered = Schemas.name(one).compareTo(Schemas.name(two)) < 0;
    first = ordered ? one : two;
    second = ordered ? two : one;
  }

  @AfterEach
  void stop() {
    database.close();
  }

  private void migrate() throws SQLException {
    new Migrator(database.url(), "test-migrator", List.of("db/content", "db/content-test"))
        .migrate();
  }

  private void superuser(String sql) throws SQLException {
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private long number(String sql) throws SQLException {
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  private boolean hasMood(String schema) throws SQLException {
    return number(
            "select count(*) from information_schema.columns where column_name = 'mood'"
                + " and table_name = 'sessions' and table_schema = '"
                + schema
                + "'")
        == 1;
  }

  private long version(UUID tenant) throws SQLException {
    return number("select version from layout.tenant_schemas where tenant_id = '" + tenant + "'");
  }

  private void sound() throws SQLException {
    try (Connection app = database.connect("app")) {
      assertThat(MetaCheck.run(app)).isEmpty();
    }
  }

  @Test
  @DisplayName(
      "TEN-16 a change of content reaches hermes, each tenant's schema, and those made later")
  void everywhere() throws SQLException {
    migrate();
    UUID later = Schemas.make(database, "cr-3");
    assertThat(hasMood("hermes")).isTrue();
    for (UUID tenant : List.of(first, second, later)) {
      assertThat(hasMood(Schemas.name(tenant))).isTrue();
      assertThat(version(tenant)).isEqualTo(AFTER);
    }
    sound();
    migrate();
    sound();
  }

  @Test
  @DisplayName(
      "TEN-16 a schema that cannot be migrated stops no other, and the next run finishes it")
  void goesOn() throws SQLException {
    superuser("alter table " + Schemas.name(first) + ".sessions add column mood text");
    assertThatThrownBy(this::migrate)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(Schemas.name(first))
        .hasMessageNotContaining(Schemas.name(second));
    assertThat(version(first)).isEqualTo(BEFORE);
    assertThat(version(second)).isEqualTo(AFTER);
    sound();

    superuser("alter table " + Schemas.name(first) + ".sessions drop column mood");
    migrate();
    assertThat(hasMood(Schemas.name(first))).isTrue();
    assertThat(version(first)).isEqualTo(AFTER);
    sound();
  }

  @Test
  @DisplayName("TEN-16 what a process left that died between two schemas is finished by the next")
  void died() throws SQLException {
    superuser(
        """
        create function provision.die() returns trigger language plpgsql set search_path = '' as
          'begin perform pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid()); return new; end';
        create trigger die before update on layout.tenant_schemas for each row
          when (new.tenant_id = '%s') execute function provision.die()\
        """
            .formatted(second));
    assertThatThrownBy(this::migrate).isInstanceOf(Exception.class);
    assertThat(version(first)).isEqualTo(AFTER);
    assertThat(version(second)).isEqualTo(BEFORE);
    assertThat(hasMood(Schemas.name(second))).as("whole or not at all").isFalse();

    superuser("drop trigger die on layout.tenant_schemas; drop function provision.die()");
    migrate();
    assertThat(version(second)).isEqualTo(AFTER);
    assertThat(hasMood(Schemas.name(second))).isTrue();
    sound();
  }

  @Test
  @DisplayName(
      "TEN-16 no schema is made of half-migrated tables: its making waits for the migration")
  void waits() throws SQLException {
    UUID tenant = Schemas.make(database, "cr-3");
    superuser("drop schema " + Schemas.name(tenant) + " cascade");
    superuser("delete from layout.tenant_schemas where tenant_id = '" + tenant + "'");
    try (Connection migration = database.connect("migrator");
        Connection provisioner = database.connect("provisioner")) {
      migration
          .createStatement()
          .execute("select pg_advisory_lock(hashtextextended('hermes tenant schemas', 0))");
      Statement create = provisioner.createStatement();
      create.execute("set lock_timeout = '300ms'");
      String sql = "select provision.create_schema('" + tenant + "', 0)";
      assertThatThrownBy(() -> create.execute(sql))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55P03"));
      migration.close();
      assertThat(create.execute(sql)).as("control").isTrue();
    }
  }
}

package dev.hermes.database.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FloorsIT {
  private static TestDatabase database;

  @BeforeAll
  static void start() {
    database = TestDatabase.create();
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {180006, 180007, 170011, 160015, 150019, 190000, 200001})
  @DisplayName("a server with the fix is served")
  void newEnough(int version) {
    assertThat(ServerFloor.refusal(version)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {180005, 180000, 170010, 160014, 150018, 140024, 90624})
  @DisplayName("a server without it is refused by the name of the CVE")
  void tooOld(int version) {
    assertThat(ServerFloor.refusal(version).orElseThrow())
        .contains("CVE-2026-14666", "18.6", "17.11", "16.15", "15.19");
  }

  @ParameterizedTest
  @ValueSource(strings = {"app", "provisioner"})
  @DisplayName("TEN-4 the serving roles pass every check")
  void serves(String role) throws Exception {
    try (Connection connection = database.connect(role)) {
      assertThatCode(() -> Preflight.verify(connection)).doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"authn", "probe", "platform", "jobs"})
  @DisplayName("TEN-4 the other serving roles are weak enough")
  void weak(String role) throws Exception {
    try (Connection connection = database.connect(role)) {
      assertThatCode(() -> RoleFloor.verify(connection)).doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "alter role hermes_app superuser | is a superuser",
        "alter role hermes_app bypassrls | bypasses row-level security",
        "alter role hermes_app createrole | may create roles",
        "alter role hermes_app createdb | may create databases",
        "alter role hermes_app replication | may replicate",
        "grant hermes_owner to hermes_app | is a member of hermes_owner",
        "grant hermes_migrator to hermes_app | is a member of hermes_migrator",
        "grant pg_read_all_data to hermes_app | is a member of pg_read_all_data",
        "grant pg_execute_server_program to hermes_app | is a member of pg_execute_server_program",
        "alter table hermes.sessions owner to hermes_app | owns tables or schemas"
      })
  @DisplayName("TEN-4 a role that could walk around the policies is refused")
  void strong(String plant, String reason) throws Exception {
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(plant);
      statement.execute("set session authorization hermes_app");
      assertThatThrownBy(() -> RoleFloor.verify(connection))
          .isInstanceOf(NotServingException.class)
          .hasMessageContaining("hermes_app " + reason);
      connection.rollback();
    }
  }

  @Test
  @DisplayName("TEN-4 superuser, migrator and backup are refused")
  void refused() throws Exception {
    try (Connection superuser = database.superuser();
        Connection migrator = database.connect("migrator");
        Connection backup = database.connect("backup")) {
      assertThatThrownBy(() -> RoleFloor.verify(superuser)).hasMessageContaining("is a superuser");
      assertThatThrownBy(() -> RoleFloor.verify(migrator)).hasMessageContaining("bypasses");
      assertThatThrownBy(() -> RoleFloor.verify(backup)).hasMessageContaining("bypasses");
    }
  }

  @Test
  @DisplayName("TEN-16 an older schema is refused, an unmigrated one too")
  void schema() throws Exception {
    try (Connection app = database.connect("app");
        TestDatabase empty = TestDatabase.empty();
        Connection unmigrated = empty.superuser()) {
      SchemaVersion.verify(app);
      assertThatThrownBy(() -> SchemaVersion.verify(app, SchemaVersion.REQUIRED + 1))
          .isInstanceOf(NotServingException.class)
          .hasMessageContaining("migration Job");
      assertThat(SchemaVersion.installed(unmigrated)).isZero();
    }
  }

  @Test
  @DisplayName("TEN-8 a missing wall is a refusal that names it")
  void wall() throws Exception {
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("drop policy tenant_delete on hermes.messages");
      assertThatThrownBy(() -> Preflight.walls(connection))
          .isInstanceOf(NotServingException.class)
          .hasMessageContaining("policy-missing: hermes.messages");
      connection.rollback();
    }
  }
}

package dev.hermes.database.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.check.MetaCheck;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.database.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainIT {
  @TempDir private Path folder;

  private Map<String, String> environment(TestDatabase database) throws IOException {
    Path password = Files.writeString(folder.resolve("superuser"), "postgres\n");
    return new HashMap<>(
        Map.of(
            "HERMES_DB_URL", database.url(),
            "HERMES_DB_DIR", database.passwordDir().toString(),
            "HERMES_ROLES_DIR", database.passwordDir().toString(),
            "HERMES_SUPERUSER_PASSWORD_FILE", password.toString()));
  }

  private static int run(Map<String, String> environment, String command) {
    return new Main(environment, Duration.ofSeconds(2)).run(command);
  }

  @Test
  @DisplayName("TEN-16 an empty database becomes a sound one; doing it again changes nothing")
  void fromEmpty() throws Exception {
    try (TestDatabase database = TestDatabase.empty()) {
      Map<String, String> environment = environment(database);
      for (int time = 0; time < 2; time++) {
        assertThat(run(environment, "bootstrap")).isZero();
        assertThat(run(environment, "migrate")).isZero();
        try (Connection app = database.connect("app")) {
          assertThat(MetaCheck.run(app)).isEmpty();
          assertThat(SchemaVersion.installed(app)).isEqualTo(SchemaVersion.REQUIRED);
        }
      }
    }
  }

  @Test
  @DisplayName("TEN-16 the required schema version is that of the newest migration")
  void required() throws Exception {
    Path migrations = Path.of(Main.class.getResource("/db/migration/V1__tenants.sql").toURI());
    Path content = Path.of(Main.class.getResource("/db/content/README.md").toURI());
    try (Stream<Path> files =
        Stream.concat(Files.list(migrations.getParent()), Files.list(content.getParent()))) {
      assertThat(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> name.endsWith(".sql"))
                  .map(name -> name.replaceAll("^V|__.*", "")))
          .map(Integer::valueOf)
          .doesNotHaveDuplicates()
          .contains(SchemaVersion.REQUIRED)
          .allMatch(version -> version <= SchemaVersion.REQUIRED);
    }
  }

  @Test
  @DisplayName("bootstrap creates a database that is missing")
  void createsDatabase() throws Exception {
    try (TestDatabase database = TestDatabase.empty()) {
      Map<String, String> environment = environment(database);
      String url = database.url() + "_new";
      environment.put("HERMES_DB_URL", url + "?ApplicationName=x");
      try {
        assertThat(run(environment, "bootstrap")).isZero();
        assertThat(run(environment, "migrate")).isZero();
      } finally {
        try (Connection superuser = database.superuser();
            Statement statement = superuser.createStatement()) {
          statement.execute("drop database if exists " + database.name() + "_new with (force)");
        }
      }
    }
  }

  @Test
  @DisplayName("TEN-8 the migration Job fails when a wall is missing")
  void brokenWall() throws Exception {
    try (TestDatabase database = TestDatabase.create()) {
      try (Connection superuser = database.superuser();
          Statement statement = superuser.createStatement()) {
        statement.execute("drop policy tenant_select on hermes.sessions");
      }
      assertThat(run(environment(database), "migrate")).isOne();
    }
  }

  @Test
  @DisplayName("a changed password file takes effect")
  void passwords() throws Exception {
    try (TestDatabase database = TestDatabase.create()) {
      Path roles = Files.createDirectory(folder.resolve("roles"));
      for (String login : Bootstrap.LOGINS) {
        Files.writeString(roles.resolve(login), "test-" + login);
      }
      Files.writeString(roles.resolve("jobs"), "it's \\ new");
      Map<String, String> environment = environment(database);
      environment.put("HERMES_ROLES_DIR", roles.toString());

      assertThat(run(environment, "bootstrap")).isZero();
      try (Connection jobs =
          DriverManager.getConnection(database.url(), "hermes_jobs", "it's \\ new")) {
        assertThat(jobs.isValid(1)).isTrue();
      }

      environment.put("HERMES_ROLES_DIR", database.passwordDir().toString());
      assertThat(run(environment, "bootstrap")).isZero();
    }
  }

  @Test
  @DisplayName("what cannot work ends with 1: no server, wrong password, nothing set, no command")
  void failures() throws Exception {
    try (TestDatabase database = TestDatabase.empty()) {
      Map<String, String> away = environment(database);
      away.put("HERMES_DB_URL", "jdbc:postgresql://127.0.0.1:1/hermes");
      assertThat(run(away, "migrate")).isOne();

      Map<String, String> wrong = environment(database);
      Path roles = Files.createDirectory(folder.resolve("wrong"));
      Files.writeString(roles.resolve("migrator"), "wrong");
      wrong.put("HERMES_DB_DIR", roles.toString());
      assertThat(run(wrong, "migrate")).isOne();

      assertThat(run(Map.of(), "migrate")).isOne();
      assertThat(run(Map.of(), "bootstrap")).isOne();
      assertThat(run(environment(database), "")).isOne();
      assertThat(new Main(Map.of(), Duration.ZERO).run()).isOne();
    }
  }
}

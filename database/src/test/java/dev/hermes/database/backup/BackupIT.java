package dev.hermes.database.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hermes.database.check.MetaCheck;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.database.functions.Schemas;
import dev.hermes.database.rls.TenantTable;
import dev.hermes.database.testing.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows in every tenant table of two tenants; a backup of them, and its way back. */
class BackupIT {
  private static final UUID A = UUID.fromString("aaaaaaaa-0000-7000-8000-000000000001");
  private static final UUID B = UUID.fromString("bbbbbbbb-0000-7000-8000-000000000002");

  private static TestDatabase database;
  private static UUID own;
  private static List<TenantTable> tables;

  @TempDir private Path shelf;

  @BeforeAll
  static void start() throws SQLException {
    database = TestDatabase.create();
    own = Schemas.make(database, "cr-own");
    try (Connection superuser = database.superuser();
        Statement statement = superuser.createStatement()) {
      tables = TenantTable.all(superuser);
      // Foreign keys would ask for an order; the rows satisfy them once all are there.
      statement.execute("set session_replication_role = replica");
      for (TenantTable table : tables) {
        boolean inOwn = table.name().startsWith(Schemas.name(own));
        for (UUID tenant : inOwn ? List.of(own) : List.of(A, B)) {
          for (int row = 0; row < 20; row++) {
            statement.execute(table.insert(tenant, row) + " on conflict do nothing");
          }
        }
      }
      statement.execute(
          "update hermes.sessions set title = E'tab \\t, line \\n, \\\\N, ü, 漢' where session_id ~ '0003$'");
      statement.execute("update authn.revocations set epoch = 77");
    }
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  private int run(TestDatabase on, String... arguments) {
    Map<String, String> environment =
        new HashMap<>(
            Map.of(
                "HERMES_DB_URL", on.url(),
                "HERMES_DB_DIR", on.passwordDir().toString(),
                "HERMES_BACKUP_DIR", shelf.toString(),
                "HERMES_BACKUP_KEEP", "2"));
    return new Main(environment, Duration.ofSeconds(2)).run(arguments);
  }

  private Path backup() throws IOException {
    assertThat(run(database, "backup")).isZero();
    return list().stream()
        .filter(path -> path.getFileName().toString().startsWith("hermes-2"))
        .toList()
        .getLast();
  }

  private List<Path> list() throws IOException {
    try (Stream<Path> found = Files.list(shelf)) {
      return found.sorted().toList();
    }
  }

  @Test
  @DisplayName("R29 a backup has as many rows of each table as a superuser counts")
  void counts() throws Exception {
    Manifest manifest = Manifest.read(backup());
    assertThat(manifest.entries())
        .extracting(Manifest.Entry::table)
        .containsAll(tables.stream().map(TenantTable::name).toList())
        .contains("authn.revocations")
        .doesNotContain("provision.leader", "flyway.flyway_schema_history");
    try (Connection superuser = database.superuser()) {
      for (Manifest.Entry entry : manifest.entries()) {
        assertThat(entry.rows())
            .as(entry.table())
            .isPositive()
            .isEqualTo(Tables.count(superuser, entry.table()));
      }
    }
    assertThat(run(database, "verify", list().getFirst().toString())).isZero();
  }

  @Test
  @DisplayName("R30 a restored database has the same rows, every wall, and its tenants apart")
  void restored() throws Exception {
    Path backup = backup();
    try (TestDatabase target = TestDatabase.create()) {
      assertThat(run(target, "restore", backup.toString())).isZero();
      try (Connection before = database.superuser();
          Connection after = target.superuser();
          Connection app = target.connect("app")) {
        for (Manifest.Entry entry : Manifest.read(backup).entries()) {
          assertThat(rows(after, entry.table())).isEqualTo(rows(before, entry.table()));
        }
        assertThat(MetaCheck.run(app)).isEmpty();
        app.setAutoCommit(false);
        assertThat(Tables.count(app, "hermes.sessions")).isZero();
        app.createStatement().execute("set local app.current_tenant = '" + A + "'");
        assertThat(Tables.count(app, "hermes.sessions")).isEqualTo(20);
      }
    }
  }

  @Test
  @DisplayName(
      "R30 a tenant's own schema comes back with its rows; its login is made anew, once asked for")
  void ownSchema() throws Exception {
    Path backup = backup();
    assertThat(Manifest.read(backup).ownSchemas()).containsExactly(own);
    try (TestDatabase target = TestDatabase.create()) {
      assertThat(run(target, "restore", backup.toString())).isZero();
      assertThatThrownBy(() -> Schemas.connect(target, own)).isInstanceOf(SQLException.class);
      try (Connection provisioner = target.connect("provisioner");
          Statement statement = provisioner.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "select version, verifier_sha256 from provision.tenant_schema('" + own + "')")) {
        row.next();
        assertThat(row.getInt(1)).isEqualTo(SchemaVersion.REQUIRED);
        assertThat(row.getBytes(2)).as("nobody is let in here yet").isNull();
      }
      Schemas.open(target, own);
      try (Connection login = Schemas.connect(target, own);
          Connection app = target.connect("app")) {
        assertThat(Tables.count(login, "sessions")).isEqualTo(20);
        assertThat(MetaCheck.run(app)).isEmpty();
      }
    }
  }

  private static List<String> rows(Connection connection, String table) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("select t::text from " + table + " as t order by 1")) {
      while (row.next()) {
        rows.add(row.getString(1));
      }
    }
    return rows;
  }

  @Test
  @DisplayName("R29 a role bound by row-level security gets no backup, rather than a part of one")
  void boundRole() throws Exception {
    try (Connection app = database.connect("app");
        Connection superuser = database.superuser()) {
      assertThatThrownBy(() -> new Backup(app, shelf).run())
          .isInstanceOf(BackupException.class)
          .hasMessageContaining("hermes_app")
          .hasMessageContaining("connect as hermes_backup");
      assertThat(list()).isEmpty();
      // The control: without the check it would have been empty, and nobody would have known.
      assertThat(Tables.count(app, "hermes.sessions")).isZero();
      assertThat(Tables.count(superuser, "hermes.sessions")).isEqualTo(40);
    }
  }

  @Test
  @DisplayName(
      "BDR-1 a backup is one moment: what is committed while it runs is in none of its tables")
  void oneMoment() throws Exception {
    try (Connection reader = database.connect("backup");
        Connection writer = database.superuser();
        Statement statement = writer.createStatement();
        var thread = Executors.newVirtualThreadPerTaskExecutor()) {
      writer.setAutoCommit(false);
      statement.execute("lock table hermes.tenants in access exclusive mode");
      Future<Manifest> running = thread.submit(() -> new Backup(reader, shelf).run());
      await().atMost(Duration.ofSeconds(10)).until(() -> waits(statement));
      statement.execute("update authn.revocations set epoch = 78");
      writer.commit();
      running.get();

      Path file = shelf.resolve("authn.revocations.copy.gz");
      try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
        assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).endsWith("\t77\n");
      }
      statement.execute("update authn.revocations set epoch = 77");
      writer.commit();
    }
  }

  private static boolean waits(Statement statement) throws SQLException {
    try (ResultSet row =
        statement.executeQuery(
            "select exists (select from pg_stat_activity where datname = current_database()"
                + " and usename = 'hermes_backup' and wait_event_type = 'Lock')")) {
      row.next();
      return row.getBoolean(1);
    }
  }

  @Test
  @DisplayName("BDR-2 restore refuses a database in use, and changes nothing in it")
  void inUse() throws Exception {
    Path backup = backup();
    try (TestDatabase target = TestDatabase.create();
        Connection superuser = target.superuser()) {
      superuser
          .createStatement()
          .execute("insert into hermes.isolation_canary (tenant_id) values ('" + A + "')");
      refused(target, backup, "hermes.isolation_canary has rows");
      assertThat(Tables.count(superuser, "hermes.tenants")).isZero();
      assertThat(Tables.count(superuser, "authn.revocations")).isOne();
    }
  }

  @Test
  @DisplayName("BDR-2 restore refuses another schema version, and a role bound by the policies")
  void otherVersion() throws Exception {
    Path backup = backup();
    try (TestDatabase target = TestDatabase.create();
        Connection superuser = target.superuser();
        Connection app = target.connect("app")) {
      assertThatThrownBy(() -> new Restore(app, backup).run())
          .isInstanceOf(BackupException.class)
          .hasMessageContaining("connect as hermes_migrator");
      superuser
          .createStatement()
          .execute(
              "insert into flyway.flyway_schema_history (installed_rank, version, description, type, script, installed_by, execution_time, success) values (999, '999', 'x', 'SQL', 'x', 'x', 1, true)");
      refused(target, backup, "and this database 999");
    }
  }

  @Test
  @DisplayName("BDR-2 restore refuses a damaged, shortened, incomplete or unfinished backup")
  void damaged() throws Exception {
    Path backup = backup();
    try (TestDatabase target = TestDatabase.create()) {
      Path file = backup.resolve("hermes.sessions.copy.gz");
      byte[] whole = Files.readAllBytes(file);
      byte[] flipped = whole.clone();
      flipped[whole.length / 2] ^= 1;
      Files.write(file, flipped);
      refused(target, backup, "hermes.sessions.copy.gz is damaged");
      assertThat(run(database, "verify", backup.toString())).isOne();
      Files.delete(file);
      refused(target, backup, "hermes.sessions.copy.gz is missing");
      Files.write(file, whole);

      Path manifest = backup.resolve(Manifest.FILE);
      String text = Files.readString(manifest);
      Files.writeString(manifest, text.replaceFirst("table\thermes.messages.*\n", ""));
      refused(target, backup, "manifest.tsv is damaged");
      Files.delete(manifest);
      refused(target, backup, "no finished backup");
      Files.writeString(manifest, text);

      // The control: put right again, it is taken.
      assertThat(run(target, "restore", backup.toString())).isZero();
    }
  }

  private static void refused(TestDatabase target, Path backup, String reason) throws SQLException {
    try (Connection migrator = target.connect("migrator")) {
      assertThatThrownBy(() -> new Restore(migrator, backup).run())
          .isInstanceOf(BackupException.class)
          .hasMessageContaining(reason);
    }
  }

  @Test
  @DisplayName("BDR-1 the newest backups stay, unfinished ones go, and nothing else is touched")
  void keeps() throws Exception {
    Path part = Files.createDirectory(shelf.resolve("hermes-20200101T000000Z.part"));
    Files.writeString(part.resolve("hermes.sessions.copy.gz"), "half");
    for (String old : List.of("hermes-20200102T000000Z", "hermes-20200103T000000Z", "mine")) {
      Files.createDirectory(shelf.resolve(old));
    }
    Path backup = backup();
    assertThat(list())
        .extracting(path -> path.getFileName().toString())
        .hasSize(3)
        .contains("hermes-20200103T000000Z", "mine");
    assertThat(Files.exists(backup.resolveSibling("hermes-20200102T000000Z"))).isFalse();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
        .isEqualTo("rwx------");
  }

  @Test
  @DisplayName("BDR-1 what cannot work ends with 1")
  void failures() {
    assertThat(run(database)).isOne();
    assertThat(run(database, "restore")).isOne();
    assertThat(run(database, "verify", shelf.resolve("none").toString())).isOne();
    assertThat(new Main(Map.of(), Duration.ZERO).run("backup")).isOne();
  }
}

package dev.hermes.database.rls;

import static org.awaitility.Awaitility.await;

import dev.hermes.database.testing.FreePort;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A hot standby of the tests' PostgreSQL, made by the low-level backup API (the binaries bring no
 * pg_basebackup) and fed with the primary's WAL files.
 */
final class Standby implements AutoCloseable {
  private final Process process;
  private final int port;

  private Standby(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * @param folder empty; becomes the standby's data
   */
  static Standby of(Connection primary, Path folder) throws SQLException, IOException {
    Path data = Path.of(string(primary, "show data_directory"));
    Path program = postgres(data);
    string(primary, "select pg_backup_start('standby', true)::text");
    copy(data, folder);
    Files.writeString(
        folder.resolve("backup_label"),
        string(primary, "select labelfile from pg_backup_stop(false)"));
    Files.createFile(folder.resolve("standby.signal"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    int port = FreePort.next();
    List<String> command = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      // PostgreSQL refuses to run as root; in a user namespace it is nobody.
      command.addAll(List.of("unshare", "-U"));
    }
    command.addAll(List.of(program.toString(), "-D", folder.toString(), "-p", "" + port));
    for (String setting :
        List.of(
            "restore_command=cp " + data.resolve("pg_wal") + "/%f %p",
            "wal_retrieve_retry_interval=200ms",
            "max_connections=" + string(primary, "show max_connections"),
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=")) {
      command.addAll(List.of("-c", setting));
    }
    Path log = folder.resolveSibling("standby.log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    Standby standby = new Standby(process, port);
    try {
      await().atMost(Duration.ofSeconds(60)).until(() -> !process.isAlive() || standby.accepts());
      if (!process.isAlive()) {
        throw new IllegalStateException("the standby ended: " + Files.readString(log));
      }
      return standby;
    } catch (RuntimeException e) {
      standby.close();
      throw e;
    }
  }

  String url(String primary) {
    return primary.replaceFirst(":\\d+/", ":" + port + "/");
  }

  private boolean accepts() {
    try (Connection connection =
        DriverManager.getConnection(
            "jdbc:postgresql://127.0.0.1:" + port + "/postgres", "postgres", "")) {
      return string(connection, "select pg_is_in_recovery()::text").equals("true");
    } catch (SQLException e) {
      return false;
    }
  }

  /** The program that runs the primary. */
  private static Path postgres(Path data) throws IOException {
    String pid = Files.readAllLines(data.resolve("postmaster.pid")).getFirst();
    return Files.readSymbolicLink(Path.of("/proc", pid, "exe"));
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes unused)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(folder)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes unused)
              throws IOException {
            Path name = from.relativize(file);
            boolean ofThePrimary = name.startsWith("pg_wal") || name.startsWith("postmaster.pid");
            if (!ofThePrimary) {
              Files.copy(file, to.resolve(name));
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            // A database that another test drops meanwhile: replay drops it in the copy as well.
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static String string(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }
}

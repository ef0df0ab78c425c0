package dev.hermes.database.access;

import static org.awaitility.Awaitility.await;

import dev.hermes.database.testing.FreePort;
import dev.hermes.database.testing.TestDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A PgBouncer before a test database, set up as docs/database.md says, with one connection to the
 * server. {@code dev/pgbouncer.sh} brings the program.
 */
final class PgBouncer implements AutoCloseable {
  private final Process process;
  private final String url;

  private PgBouncer(Process process, String url) {
    this.process = process;
    this.url = url;
  }

  /** Where it is: in build/bin of this tree, else on the PATH. */
  static Optional<Path> program() {
    return Stream.concat(Stream.of("../build/bin"), Stream.of(System.getenv("PATH").split(":")))
        .map(folder -> Path.of(folder, "pgbouncer").toAbsolutePath().normalize())
        .filter(Files::isExecutable)
        .findFirst();
  }

  static PgBouncer start(Path program, TestDatabase database, Path folder) throws IOException {
    int server = URI.create(database.url().substring("jdbc:".length())).getPort();
    int port = FreePort.next();
    Path users = Files.writeString(folder.resolve("users"), "\"hermes_app\" \"test-app\"\n");
    Path settings =
        Files.writeString(
            folder.resolve("pgbouncer.ini"),
            """
            [databases]
            * = host=127.0.0.1 port=%d
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = %d
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = %s
            pool_mode = transaction
            default_pool_size = 1
            max_client_conn = 500
            max_prepared_statements = 200
            ignore_startup_parameters = extra_float_digits
            user = nobody
            """
                .formatted(server, port, users));
    Process process =
        new ProcessBuilder(program.toString(), settings.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("pgbouncer.log").toFile())
            .start();
    PgBouncer bouncer =
        new PgBouncer(process, database.url().replace(":" + server + "/", ":" + port + "/"));
    try {
      await().atMost(Duration.ofSeconds(10)).until(() -> !process.isAlive() || accepts(port));
      if (!process.isAlive()) {
        throw new IllegalStateException(
            "PgBouncer ended: " + Files.readString(folder.resolve("pgbouncer.log")));
      }
      return bouncer;
    } catch (RuntimeException e) {
      bouncer.close();
      throw e;
    }
  }

  String url() {
    return url;
  }

  private static boolean accepts(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    process.destroy();
  }
}

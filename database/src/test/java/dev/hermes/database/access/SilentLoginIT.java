package dev.hermes.database.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.database.testing.TestDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A network that was silent for a moment, as a log-in waited for its answer. */
class SilentLoginIT {
  /** The bound of a log-in, and the pool's breath between two tries. */
  private static final Duration BACK = Duration.ofSeconds(9);

  @Test
  @DisplayName("RES-6 a log-in whose answer was lost does not hold the pool for long")
  void poolComesBack() throws Exception {
    try (TestDatabase database = TestDatabase.create();
        Swallower proxy = new Swallower(port(database));
        HikariDataSource pool =
            Pools.transactional(
                database.url().replace(":" + port(database), ":" + proxy.port()),
                "hermes_app",
                database.passwordDir().resolve("app"),
                2,
                "silent")) {
      Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> proxy.swallowed() > 0);
      proxy.speak();
      long spoke = System.nanoTime();

      Awaitility.await()
          .atMost(BACK)
          .ignoreExceptions()
          .untilAsserted(() -> {
            try (Connection connection = pool.getConnection()) {
              assertThat(connection.isValid(1)).isTrue();
            }
          });
      assertThat(Duration.ofNanos(System.nanoTime() - spoke)).isLessThan(BACK);
    }
  }

  @Test
  @DisplayName("RES-6 the driver knows how long an answer may take")
  void answersAreBounded() throws Exception {
    try (TestDatabase database = TestDatabase.create();
        HikariDataSource pool =
            Pools.transactional(
                database.url(), "hermes_app", database.passwordDir().resolve("app"), 1, "bounded");
        Connection connection = pool.getConnection()) {
      assertThat(connection.getNetworkTimeout()).isEqualTo(35_000);
    }
  }

  private static int port(TestDatabase database) {
    return URI.create(database.url().substring("jdbc:".length())).getPort();
  }

  /**
   * Declines encryption, as a server without TLS does, and is silent from then on; connections made
   * after it was told to speak pass.
   */
  private static final class Swallower implements AutoCloseable {
    private static final int ENCRYPTION_REQUEST = 8;

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<Socket> held = new ArrayList<>();
    private final int target;
    private volatile boolean silent = true;

    Swallower(int target) throws IOException {
      this.target = target;
      Thread.ofVirtual().start(this::accept);
    }

    int port() {
      return listener.getLocalPort();
    }

    int swallowed() {
      synchronized (held) {
        return held.size();
      }
    }

    void speak() {
      silent = false;
    }

    @Override
    public void close() throws IOException {
      listener.close();
      synchronized (held) {
        for (Socket socket : held) {
          socket.close();
        }
      }
    }

    private void accept() {
      while (!listener.isClosed()) {
        try {
          Socket client = listener.accept();
          synchronized (held) {
            held.add(client);
          }
          if (silent) {
            client.getInputStream().readNBytes(ENCRYPTION_REQUEST);
            client.getOutputStream().write('N');
          } else {
            Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
            Thread.ofVirtual().start(() -> copy(client, server));
            Thread.ofVirtual().start(() -> copy(server, client));
          }
        } catch (IOException e) {
          // closed
        }
      }
    }

    private static void copy(Socket from, Socket to) {
      try (from;
          to) {
        from.getInputStream().transferTo(to.getOutputStream());
      } catch (IOException e) {
        // one end has gone
      }
    }
  }
}

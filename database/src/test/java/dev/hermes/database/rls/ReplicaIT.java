package dev.hermes.database.rls;

import static dev.hermes.database.rls.Walls.A;
import static dev.hermes.database.rls.Walls.B;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.rls.Walls.Trial;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** A read replica holds every row of every tenant: the same walls stand there. */
class ReplicaIT {
  private static final String READ_ONLY = "25006";
  @TempDir private static Path folder;
  private static Walls walls;
  private static Standby standby;

  @BeforeAll
  static void start() throws Exception {
    walls = new Walls();
    try (Connection primary = walls.database().superuser()) {
      standby = Standby.of(primary, folder.resolve("data"));
    }
  }

  @AfterAll
  static void stop() {
    standby.close();
    walls.close();
  }

  private static Trial replica(String role, String password) throws SQLException {
    Connection connection =
        DriverManager.getConnection(standby.url(walls.database().url()), role, password);
    connection.setAutoCommit(false);
    return new Trial(connection);
  }

  @TestFactory
  @DisplayName("R46 a read replica shows a tenant its own rows alone, and nobody's without one")
  Stream<DynamicTest> reads() {
    return walls.each(table -> {
      try (Trial app = replica("hermes_app", "test-app")) {
        assertThat(app.tenants(table.selectAll())).isEmpty();
        app.outcome("set local app.current_tenant = '" + A + "'");
        assertThat(app.tenants(table.selectAll())).containsExactly(A);
        assertThat(app.tenants(TenantTable.of(table.selectAll(), B))).isEmpty();
        assertThat(app.outcome(table.deleteAll())).isEqualTo(READ_ONLY);
      }
      try (Trial control = replica("postgres", "")) {
        assertThat(control.tenants(table.selectAll())).containsExactlyInAnyOrder(A, B);
      }
    });
  }
}

package dev.hermes.operator.cluster;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.database.access.Pools;
import dev.hermes.database.id.UuidV7;
import dev.hermes.database.testing.TestDatabase;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Sends for other Tenants what the operator sent for one, and nothing else: no watch, no logic. */
final class Replay implements AutoCloseable {
  private static final String REFUSED_BY_POLICY = "42501";

  private final TenantWrites writes;
  private final String url;
  private final KubernetesClient kubernetes;
  private final Map<String, HikariDataSource> pools;

  /**
   * @param pools how many connections of each role, as the operator has them
   */
  Replay(TenantWrites writes, Cluster cluster, Map<String, Integer> pools) {
    this.writes = writes;
    this.url = cluster.plane().url();
    this.kubernetes = cluster.plane().operatorClient();
    TestDatabase database = cluster.database();
    this.pools =
        pools.entrySet().stream()
            .collect(
                Collectors.toMap(
                    pool -> "hermes_" + pool.getKey(),
                    pool ->
                        Pools.autoCommit(
                            database.url(),
                            "hermes_" + pool.getKey(),
                            database.passwordDir().resolve(pool.getKey()),
                            pool.getValue(),
                            "replay-" + pool.getKey())));
  }

  /** Everything for one Tenant; by as many threads as the operator has. */
  void run(Tenant tenant) {
    UnaryOperator<String> translation =
        writes.translation(
            tenant.getMetadata().getName(), tenant.getMetadata().getUid(), UuidV7.next());
    try {
      for (TenantWrites.Step step : writes.steps()) {
        switch (step) {
          case TenantWrites.ApiWrite write -> send(write, translation);
          case TenantWrites.Sql sql -> execute(sql, translation);
        }
      }
    } catch (SQLException | ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    pools.values().forEach(HikariDataSource::close);
    kubernetes.close();
  }

  private void send(TenantWrites.ApiWrite write, UnaryOperator<String> translation)
      throws ExecutionException, InterruptedException {
    HttpResponse<String> response =
        kubernetes
            .getHttpClient()
            .sendAsync(
                kubernetes
                    .getHttpClient()
                    .newHttpRequestBuilder()
                    .uri(url + translation.apply(write.path()))
                    .method(write.method(), write.contentType(), translation.apply(write.body()))
                    .build(),
                String.class)
            .get();
    if (!response.isSuccessful()) {
      throw new IllegalStateException(write + " was refused: " + response.body());
    }
  }

  private void execute(TenantWrites.Sql sql, UnaryOperator<String> translation)
      throws SQLException {
    try (Connection connection = pools.get(sql.user()).getConnection()) {
      connection.setAutoCommit(sql.end().isEmpty());
      for (List<SqlRecorder.Executed> trip : sql.trips()) {
        trip(connection, trip, translation);
      }
      switch (sql.end()) {
        case "COMMIT" -> connection.commit();
        case "ROLLBACK" -> connection.rollback();
        default -> {}
      }
    }
  }

  private static void trip(
      Connection connection, List<SqlRecorder.Executed> trip, UnaryOperator<String> translation)
      throws SQLException {
    String text =
        trip.stream()
            .map(executed -> executed.sql().replaceAll("\\$\\d+", "?"))
            .collect(Collectors.joining("; "));
    try (PreparedStatement statement = connection.prepareStatement(text)) {
      int i = 1;
      for (SqlRecorder.Executed executed : trip) {
        for (@Nullable Object parameter : executed.parameters()) {
          @Nullable Object value = TenantWrites.translated(parameter, translation);
          if (value == null) {
            statement.setNull(i++, Types.VARCHAR);
          } else {
            statement.setObject(i++, value);
          }
        }
      }
      statement.execute();
    } catch (SQLException e) {
      // what the self-test of the walls waits for
      if (!REFUSED_BY_POLICY.equals(e.getSQLState())) {
        throw e;
      }
    }
  }
}

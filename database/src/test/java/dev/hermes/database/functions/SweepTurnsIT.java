package dev.hermes.database.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Whose turn it is to be swept: {@code lease.take_sweeps}. */
class SweepTurnsIT {
  private static final String TAKE = "select * from lease.take_sweeps('6 hours', %d)";

  private TestDatabase database;
  private Caller provisioner;
  private Caller jobs;

  @BeforeEach
  void start() {
    database = TestDatabase.create();
    provisioner = new Caller(database, "provisioner");
    jobs = new Caller(database, "jobs");
  }

  @AfterEach
  void stop() {
    database.close();
  }

  private UUID tenant(String object, String sweptBefore) {
    UUID tenant = Tenants.make(provisioner, object);
    change(tenant, "swept_at = now() - interval '" + sweptBefore + "'");
    return tenant;
  }

  private void change(UUID tenant, String set) {
    try (Connection superuser = database.superuser()) {
      superuser
          .createStatement()
          .execute("update hermes.tenants set " + set + " where tenant_id = '" + tenant + "'");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<Object> take(int most) {
    return jobs.rows(TAKE.formatted(most)).stream()
        .map(row -> {
          assertThat(row).as("ids alone").containsOnlyKeys("tenant_id");
          return row.get("tenant_id");
        })
        .toList();
  }

  @Test
  @DisplayName("GDP-2 who was swept longest ago comes first, each once in half the pause or more")
  void due() throws Exception {
    UUID later = tenant("cr-1", "7 hours");
    UUID first = tenant("cr-2", "30 days");
    tenant("cr-3", "5 hours");
    Tenants.make(provisioner, "cr-4");
    assertThat(take(1)).containsExactly(first);
    assertThat(take(100)).containsExactly(later);
    assertThat(take(100)).as("they have had their turn").isEmpty();
    change(first, "swept_at = swept_at - interval '2 hours 59 minutes'");
    assertThat(take(100)).as("and have none for half the pause").isEmpty();
    change(first, "swept_at = swept_at - interval '3 hours 1 minute'");
    assertThat(take(100)).containsExactly(first);
  }

  @Test
  @DisplayName("TEN-5 a suspended tenant is swept as well, a deleted one is left to its purge")
  void states() {
    UUID suspended = tenant("cr-1", "7 hours");
    UUID deleted = tenant("cr-2", "7 hours");
    change(suspended, "state = 'suspended'");
    change(deleted, "state = 'deleted'");
    assertThat(take(100)).containsExactly(suspended);
    change(deleted, "state = 'active'");
    assertThat(take(100)).as("control").containsExactly(deleted);
  }

  @Test
  @DisplayName("GDP-2 eight replicas at once: each tenant is taken by one")
  void atOnce() throws Exception {
    for (int i = 0; i < 20; i++) {
      tenant("cr-" + i, "7 hours");
    }
    ConcurrentLinkedQueue<Object> taken = new ConcurrentLinkedQueue<>();
    Callable<Boolean> replica = () -> taken.addAll(take(100));
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (var done : threads.invokeAll(java.util.Collections.nCopies(8, replica))) {
        done.get();
      }
    }
    assertThat(taken).doesNotHaveDuplicates().hasSize(20);
  }

  @Test
  @DisplayName(
      "TEN-3 taking leaves no tenant behind; TEN-2 nobody else may take, and no row is read")
  void walled() {
    UUID tenant = tenant("cr-1", "7 hours");
    assertThat(
            jobs.value(
                "with done as materialized (select count(*) from lease.take_sweeps('8 hours', 9))"
                    + " select coalesce(current_setting('app.current_tenant', true), '') from done"))
        .isEqualTo("");
    for (Caller refused : List.of(new Caller(database, "app"), provisioner)) {
      assertThatThrownBy(() -> refused.rows(TAKE.formatted(1)))
          .isInstanceOfSatisfying(
              Caller.SqlFailed.class, e -> assertThat(e.state()).isEqualTo("42501"));
    }
    assertThatThrownBy(() -> jobs.rows("select * from hermes.tenants"))
        .isInstanceOfSatisfying(
            Caller.SqlFailed.class, e -> assertThat(e.state()).isEqualTo("42501"));
    assertThat(new ArrayList<>(take(1))).as("control").containsExactly(tenant);
  }
}

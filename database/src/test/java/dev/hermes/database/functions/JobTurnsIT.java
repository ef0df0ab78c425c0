package dev.hermes.database.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.database.id.UuidV7;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Whose turn it is among jobs: {@code lease.take_jobs}. */
class JobTurnsIT {
  private static final String TAKE = "select * from lease.take_jobs(%s, '1 minute', 100)";

  private TestDatabase database;
  private Caller provisioner;
  private Caller app;
  private Caller jobs;
  private UUID tenant;

  @BeforeEach
  void start() {
    database = TestDatabase.create();
    provisioner = new Caller(database, "provisioner");
    app = new Caller(database, "app");
    jobs = new Caller(database, "jobs");
    tenant = Tenants.make(provisioner, "cr-1");
  }

  @AfterEach
  void stop() {
    database.close();
  }

  private UUID job(UUID of, String step, String due) {
    UUID id = UuidV7.next();
    app.inTenant(
        of,
        "insert into hermes.job_turns (tenant_id, job_id, step, due_at)"
            + " values (?, ?, ?, now() + ?::interval)",
        of,
        id,
        step,
        due);
    return id;
  }

  private List<Object> take(boolean ended) {
    return jobs.rows(TAKE.formatted(ended)).stream().map(row -> row.get("job_id")).toList();
  }

  @Test
  @DisplayName("SBX-14 who is due is taken once, of any tenant, live and ended apart; ids alone")
  void due() {
    UUID other = Tenants.make(provisioner, "cr-2");
    UUID queued = job(tenant, "queued", "-2 seconds");
    UUID running = job(other, "running", "-1 second");
    job(tenant, "queued", "1 hour");
    UUID ended = job(tenant, "ended", "-1 second");
    job(tenant, "ended", "7 days");

    List<Map<String, Object>> taken = jobs.rows(TAKE.formatted(false));
    assertThat(taken).extracting(row -> row.get("job_id")).containsExactly(queued, running);
    assertThat(taken.getFirst()).containsOnlyKeys("tenant_id", "job_id", "turn");
    assertThat(take(false)).as("the turn is held").isEmpty();
    assertThat(take(true)).containsExactly(ended);
    app.inTenant(tenant, "update hermes.job_turns set due_at = now() where job_id = ?", queued);
    List<Map<String, Object>> again = jobs.rows(TAKE.formatted(false));
    assertThat(again).extracting(row -> row.get("job_id")).containsExactly(queued);
    assertThat(again.getFirst().get("turn")).isNotEqualTo(taken.getFirst().get("turn"));
  }

  @Test
  @DisplayName("TEN-5 a suspended tenant's jobs come to an end, a deleted one's stay as they are")
  void states() {
    UUID job = job(tenant, "running", "-1 second");
    app.inTenant(tenant, "select 1");
    state("suspended");
    assertThat(take(false)).containsExactly(job);
    app.inTenant(tenant, "update hermes.job_turns set due_at = now() where job_id = ?", job);
    state("deleted");
    assertThat(take(false)).isEmpty();
  }

  private void state(String state) {
    try (Connection superuser = database.superuser()) {
      superuser
          .createStatement()
          .execute(
              "update hermes.tenants set state = '"
                  + state
                  + "' where tenant_id = '"
                  + tenant
                  + "'");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @DisplayName("SBX-14 eight keepers at once: each job is taken by one")
  void atOnce() throws Exception {
    for (int i = 0; i < 40; i++) {
      job(tenant, "queued", "-1 second");
    }
    ConcurrentLinkedQueue<Object> taken = new ConcurrentLinkedQueue<>();
    Callable<Boolean> keeper = () -> taken.addAll(take(false));
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (var done : threads.invokeAll(java.util.Collections.nCopies(8, keeper))) {
        done.get();
      }
    }
    // a keeper that skipped what another had locked may have left nothing, never a second time
    assertThat(taken).doesNotHaveDuplicates().hasSize(40);
  }

  @Test
  @DisplayName("SBX-14 a turn that somebody is taking now is skipped, not waited for")
  void skipped() throws Exception {
    UUID held = job(tenant, "queued", "-1 second");
    UUID free = job(tenant, "queued", "-1 second");
    try (Connection locking = database.connect("app")) {
      locking.setAutoCommit(false);
      locking.createStatement().execute("set local app.current_tenant = '" + tenant + "'");
      try (ResultSet row =
          locking
              .createStatement()
              .executeQuery(
                  "select job_id from hermes.job_turns where job_id = '" + held + "' for update")) {
        assertThat(row.next()).isTrue();
        assertThat(take(false)).containsExactly(free);
      }
      locking.rollback();
    }
    assertThat(take(false)).as("control").containsExactly(held);
  }

  @Test
  @DisplayName("TEN-3 taking leaves no tenant behind; TEN-2 the rows themselves stay walled")
  void walled() {
    job(tenant, "queued", "-1 second");
    assertThat(
            jobs.value(
                "with done as materialized (select count(*) from lease.take_jobs(false, '1 s', 9))"
                    + " select coalesce(current_setting('app.current_tenant', true), '') from done"))
        .isEqualTo("");
    assertThat(app.rows("select * from hermes.job_turns")).isEmpty();
    for (Caller refused : List.of(app, provisioner)) {
      assertThatThrownBy(() -> refused.rows(TAKE.formatted(false)))
          .isInstanceOfSatisfying(
              Caller.SqlFailed.class, e -> assertThat(e.state()).isEqualTo("42501"));
    }
    assertThatThrownBy(() -> jobs.rows("select * from hermes.job_turns"))
        .isInstanceOfSatisfying(
            Caller.SqlFailed.class, e -> assertThat(e.state()).isEqualTo("42501"));
    List<Object> own = new ArrayList<>(app.inTenant(tenant, "select * from hermes.job_turns"));
    assertThat(own).as("control").hasSize(1);
  }
}

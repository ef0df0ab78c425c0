package dev.hermes.database.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.hermes.database.functions.Caller.SqlFailed;
import dev.hermes.database.id.UuidV7;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LeaseIT {
  private TestDatabase database;
  private Caller provisioner;
  private Caller app;
  private UUID tenant;

  @BeforeEach
  void start() {
    database = TestDatabase.create();
    provisioner = new Caller(database, "provisioner");
    app = new Caller(database, "app");
    tenant = Tenants.make(provisioner, "cr-1");
  }

  @AfterEach
  void stop() {
    database.close();
  }

  private Map<String, Object> reserve(String session, int max, String idle) {
    return app.inTenant(
            tenant,
            "select * from lease.reserve(?, ?, 'u', ?, 'default', 'ns', ?, ?::interval, '1 hour')",
            tenant,
            UuidV7.next(),
            session,
            max,
            idle)
        .getFirst();
  }

  private void activate(Object lease, String pod) {
    app.inTenant(
        tenant,
        """
        update hermes.sandbox_leases set state = 'active', pod_name = ?, pod_uid = ?, pod_ip = '1.2.3.4'
         where tenant_id = ? and lease_id = ?\
        """,
        "name-" + pod,
        pod,
        tenant,
        lease);
  }

  private void expire(Object lease) {
    app.inTenant(
        tenant, "update hermes.sandbox_leases set idle_until = now() where lease_id = ?", lease);
  }

  /** Makes one lease older, or all. */
  private void age(Object lease, String by) {
    app.inTenant(
        tenant,
        "update hermes.sandbox_leases set created_at = now() - ?::interval"
            + " where ?::uuid is null or lease_id = ?::uuid",
        by,
        lease,
        lease);
  }

  private List<Object> over() {
    return provisioner.rows("select * from lease.over()").stream()
        .map(row -> row.get("pod_uid"))
        .toList();
  }

  @Test
  @DisplayName("a session keeps its lease; a stateless call gets its own")
  void existing() {
    Map<String, Object> first = reserve("s1", 10, "5 minutes");
    assertThat(first).containsEntry("outcome", "reserved").containsEntry("state", "reserved");
    activate(first.get("lease_id"), "pod-1");
    assertThat(reserve("s1", 10, "5 minutes"))
        .containsEntry("outcome", "existing")
        .containsEntry("lease_id", first.get("lease_id"))
        .containsEntry("pod_uid", "pod-1")
        .containsEntry("pod_ip", "1.2.3.4");
    assertThat(reserve(null, 10, "5 minutes").get("lease_id"))
        .isNotEqualTo(reserve(null, 10, "5 minutes").get("lease_id"));
    assertThat(provisioner.rows("select * from lease.live('ns')"))
        .containsExactly(Map.of("pod_uid", "pod-1"));
    assertThat(provisioner.rows("select * from lease.live('other')")).isEmpty();
  }

  @Test
  @DisplayName(
      "the pool learns when sandboxes of a policy were claimed: the last, and the recent one by one")
  void claims() {
    Object old = reserve(null, 10, "5 minutes").get("lease_id");
    reserve(null, 10, "5 minutes");
    age(old, "20 minutes");

    assertThat(
            provisioner.rows(
                "select namespace, policy, last_claim > now() - interval '1 minute' as young,"
                    + " cardinality(recent) as recent from lease.claims('1 day', '5 minutes')"))
        .containsExactly(
            Map.of("namespace", "ns", "policy", "default", "young", true, "recent", 1));
    age(null, "2 days");
    assertThat(provisioner.rows("select * from lease.claims('1 day', '5 minutes')")).isEmpty();
  }

  @Test
  @DisplayName("50 callers at once never get more than the maximum")
  void neverMore() throws Exception {
    List<Future<Object>> outcomes = new ArrayList<>();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 50; i++) {
        String session = "s" + i;
        outcomes.add(executor.submit(() -> reserve(session, 7, "5 minutes").get("outcome")));
      }
    }
    List<Object> results = new ArrayList<>();
    for (Future<Object> outcome : outcomes) {
      results.add(outcome.get());
    }
    assertThat(results).filteredOn("reserved"::equals).hasSize(7);
    assertThat(results).filteredOn("full"::equals).hasSize(43);
  }

  @Test
  @DisplayName("50 callers of one session share one lease")
  void oneLease() throws Exception {
    List<Future<Object>> leases = new ArrayList<>();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 50; i++) {
        leases.add(executor.submit(() -> reserve("same", 50, "5 minutes").get("lease_id")));
      }
    }
    List<Object> ids = new ArrayList<>();
    for (Future<Object> lease : leases) {
      ids.add(lease.get());
    }
    assertThat(ids.stream().distinct()).hasSize(1);
  }

  @Test
  @DisplayName("what is over is listed until its pod is closed, and never comes back")
  void overAndClose() {
    Object lease = reserve("s1", 1, "5 minutes").get("lease_id");
    activate(lease, "pod-1");
    assertThat(over()).isEmpty();
    expire(lease);

    assertThat(over()).containsExactly("pod-1");
    assertThat(over()).containsExactly("pod-1");
    assertThat(reserve("s1", 1, "5 minutes"))
        .as("the pod still runs")
        .containsEntry("outcome", "full");
    assertThat(provisioner.value("select lease.close('pod-1')")).isEqualTo(1);
    assertThat(provisioner.value("select lease.close('pod-1')")).isEqualTo(0);
    assertThat(over()).isEmpty();
    assertThat(reserve("s1", 1, "5 minutes")).containsEntry("outcome", "reserved");
  }

  @Test
  @DisplayName("a reservation that never got a pod is freed when its time is up")
  void abandoned() {
    Object lease = reserve("s1", 1, "5 minutes").get("lease_id");
    assertThat(reserve("s2", 1, "5 minutes")).containsEntry("outcome", "full");
    expire(lease);
    assertThat(over()).as("no pod to remove").isEmpty();
    assertThat(reserve("s2", 1, "5 minutes")).containsEntry("outcome", "reserved");
  }

  @Test
  @DisplayName("TEN-11 a suspended tenant's sandboxes are over")
  void suspended() {
    activate(reserve("s1", 1, "5 minutes").get("lease_id"), "pod-1");
    Tenants.upsert(provisioner, "cr-1", "suspended", 2, 0);
    assertThat(over()).containsExactly("pod-1");
  }

  @Test
  @DisplayName("TEN-5 nobody reserves in another tenant's name or without one")
  void foreign() {
    String call =
        "select * from lease.reserve(?, ?, 'u', 's', 'default', 'ns', 5, '1 minute', '1 hour')";
    UUID other = Tenants.make(provisioner, "cr-2");
    assertThatThrownBy(() -> app.inTenant(tenant, call, other, UuidV7.next()))
        .asInstanceOf(type(SqlFailed.class))
        .extracting(SqlFailed::state)
        .isEqualTo("42501");
    assertThatThrownBy(() -> app.rows(call, tenant, UuidV7.next()))
        .asInstanceOf(type(SqlFailed.class))
        .extracting(SqlFailed::state)
        .isEqualTo("42501");
  }

  @Test
  @DisplayName("R39 one tenant's reservations wait for each other, and for nobody else's")
  void locks() throws Exception {
    String call =
        "select * from lease.reserve('%s', gen_random_uuid(), 'u', null, 'default', 'ns', 5, '1 minute', '1 hour')";
    UUID other = Tenants.make(provisioner, "cr-2");
    try (Connection first = inTenant(tenant);
        Connection second = inTenant(other);
        Connection third = inTenant(tenant)) {
      first.createStatement().execute(call.formatted(tenant));
      second.createStatement().execute(call.formatted(other));
      assertThatThrownBy(() -> third.createStatement().execute(call.formatted(tenant)))
          .asInstanceOf(type(SQLException.class))
          .extracting(SQLException::getSQLState)
          .isEqualTo("55P03");
    }
  }

  private Connection inTenant(UUID bound) throws SQLException {
    Connection connection = database.connect("app");
    connection.setAutoCommit(false);
    connection.createStatement().execute("set local lock_timeout = '300ms'");
    connection.createStatement().execute("set local app.current_tenant = '" + bound + "'");
    return connection;
  }

  @Test
  @DisplayName("TEN-3 the operator's functions leave no tenant behind in their transaction")
  void noLeftover() {
    activate(reserve("s1", 1, "5 minutes").get("lease_id"), "pod-1");
    for (String call :
        List.of(
            "lease.over() as f",
            "lease.close('pod-1') as f",
            "provision.upsert_tenant('cr-9', gen_random_uuid(), 'a', 'b', 'c', 'active', 1, '{}', 0) as f")) {
      assertThat(
              provisioner.value(
                  "with done as materialized (select count(*) as n from "
                      + call
                      + ") select coalesce(current_setting('app.current_tenant', true), '') from done"))
          .isEqualTo("");
    }
  }
}

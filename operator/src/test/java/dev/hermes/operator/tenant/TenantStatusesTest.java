package dev.hermes.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.crds.tenant.TenantStatus;
import dev.hermes.operator.kube.Conditions;
import dev.hermes.operator.kube.Failure;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.testing.Fixtures;
import dev.hermes.operator.testing.Golden;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TenantStatusesTest {
  private static final UUID ID = UUID.fromString("0198f5b2-0000-7000-8000-00005c1e9a77");
  private static final StepOutcome DONE = new StepOutcome.Ready(Reason.Provisioned, "done");
  private static final TenantCounts COUNTS = new TenantCounts(2, 1, 3);

  private static TenantProgress progress(StepOutcome namespace, StepOutcome network) {
    return new TenantProgress(
        Optional.of(ID),
        Optional.of("hermes-acme-5c1e9a77"),
        DONE,
        DONE,
        Optional.empty(),
        namespace,
        network,
        DONE,
        Optional.of(new TenantStatus.SelfTest("2026-08-01T12:00:00Z", "Passed")),
        Optional.empty());
  }

  private static TenantStatus status(TenantSpec spec, TenantProgress progress) {
    return TenantStatuses.of(
        Fixtures.tenant("acme", spec, null), progress, COUNTS, 5, Fixtures.NOW);
  }

  private static Condition find(TenantStatus status, ConditionType type) {
    return Conditions.find(status.conditions(), type).orElseThrow();
  }

  @Test
  void ready() {
    Golden.matches(
        "tenant/status-ready", status(Fixtures.withPolicies("default"), progress(DONE, DONE)));
  }

  @Test
  @DisplayName("what is waited for is Reconciling and the reason of Ready")
  void waiting() {
    TenantStatus status =
        status(
            Fixtures.withPolicies("default"),
            progress(DONE, new StepOutcome.Waiting(Reason.WaitingForPods, "no pod yet")));

    assertThat(find(status, ConditionType.Ready).getStatus()).isEqualTo("False");
    assertThat(find(status, ConditionType.Ready).getReason()).isEqualTo("WaitingForPods");
    assertThat(find(status, ConditionType.Reconciling).getReason()).isEqualTo("WaitingForPods");
    assertThat(Conditions.find(status.conditions(), ConditionType.Stalled)).isEmpty();
  }

  @Test
  @DisplayName("what needs a person is Stalled, and not Reconciling")
  void stalled() {
    TenantStatus status =
        status(
            Fixtures.withPolicies("default"),
            progress(
                new StepOutcome.Invalid(Reason.NamespaceTaken, "taken"),
                new StepOutcome.Waiting(Reason.WaitingForPods, "no pod yet")));

    assertThat(find(status, ConditionType.Ready).getReason()).isEqualTo("NamespaceTaken");
    assertThat(find(status, ConditionType.Stalled).getStatus()).isEqualTo("True");
    assertThat(Conditions.find(status.conditions(), ConditionType.Reconciling)).isEmpty();
  }

  private static Optional<Instant> isolatedSince(TenantStatus status) {
    return TenantStatuses.isolatedSince(
        Fixtures.tenant("acme", Fixtures.withPolicies("default"), status));
  }

  @Test
  @DisplayName(
      "SBX-16 walls that held still hold when the database is away: no pool wakes for that")
  void isolatedSince() {
    TenantStatus ready = status(Fixtures.withPolicies("default"), progress(DONE, DONE));
    assertThat(isolatedSince(ready)).contains(Fixtures.NOW);

    TenantStatus away =
        TenantStatuses.failed(
            Fixtures.tenant("acme", Fixtures.withPolicies("default"), ready),
            new Failure(Reason.DatabaseUnavailable, "away"),
            Fixtures.NOW.plusSeconds(3600));
    assertThat(find(away, ConditionType.Ready).getLastTransitionTime())
        .as("control: it is not Ready since then")
        .isEqualTo(Fixtures.NOW.plusSeconds(3600).toString());
    assertThat(isolatedSince(away)).contains(Fixtures.NOW);

    assertThat(
            isolatedSince(
                status(
                    Fixtures.withPolicies("default"),
                    progress(DONE, new StepOutcome.Waiting(Reason.WaitingForPods, "no pod")))))
        .as("walls that nobody has seen hold")
        .isEmpty();
  }

  @Test
  void suspended() {
    TenantStatus status =
        status(Fixtures.suspended(Fixtures.withPolicies("default")), progress(DONE, DONE));

    assertThat(find(status, ConditionType.Ready).getReason()).isEqualTo("Suspended");
    assertThat(find(status, ConditionType.Suspended).getStatus()).isEqualTo("True");
  }

  @Test
  @DisplayName("a failure keeps what was found before and stays equal when repeated")
  void failed() {
    Tenant tenant =
        Fixtures.tenant(
            "acme",
            Fixtures.withPolicies("default"),
            status(Fixtures.withPolicies("default"), progress(DONE, DONE)));
    Failure failure = new Failure(Reason.DatabaseUnavailable, "away");

    TenantStatus once = TenantStatuses.failed(tenant, failure, Fixtures.NOW);
    tenant.setStatus(once);
    TenantStatus twice =
        TenantStatuses.failed(tenant, failure, Fixtures.NOW.plus(Duration.ofHours(1)));

    assertThat(once.tenantId()).isEqualTo(ID.toString());
    assertThat(find(once, ConditionType.DatabaseReady).getStatus()).isEqualTo("Unknown");
    assertThat(find(once, ConditionType.NamespaceReady).getStatus()).isEqualTo("True");
    assertThat(TenantStatuses.same(once, twice)).isTrue();
    assertThat(twice).isEqualTo(once);
  }

  @Test
  @DisplayName("figures alone do not make a status another one")
  void sampled() {
    Tenant tenant = Fixtures.tenant("acme", Fixtures.withPolicies("default"), null);
    TenantProgress progress = progress(DONE, DONE);
    TenantStatus a = TenantStatuses.of(tenant, progress, COUNTS, 5, Fixtures.NOW);
    TenantStatus b =
        TenantStatuses.of(tenant, progress, new TenantCounts(2, 9, 9), 5, Fixtures.NOW);

    assertThat(TenantStatuses.same(a, b)).isTrue();
    assertThat(TenantStatuses.sameFigures(a, b)).isFalse();
  }

  @Test
  @DisplayName("a lost row keeps the id of the lost data in the status")
  void dataMissing() {
    Tenant tenant =
        Fixtures.tenant(
            "acme",
            TenantSpec.defaults(),
            new TenantStatus(1L, ID.toString(), null, null, null, null, null, List.of()));
    StepOutcome missing = new StepOutcome.Invalid(Reason.DataMissing, "missing");

    TenantStatus status =
        TenantStatuses.of(
            tenant,
            new TenantProgress(
                Optional.empty(),
                Optional.empty(),
                DONE,
                missing,
                Optional.empty(),
                missing,
                missing,
                missing,
                Optional.empty(),
                Optional.empty()),
            COUNTS,
            5,
            Fixtures.NOW);

    assertThat(status.tenantId()).isEqualTo(ID.toString());
    assertThat(find(status, ConditionType.DatabaseReady).getReason()).isEqualTo("DataMissing");
  }

  @Test
  @DisplayName(
      "a tenant's own database that is away stays in the status, for it had data; no other")
  void ownDatabaseAway() {
    for (TenantSpec.Isolation isolation :
        List.of(TenantSpec.Isolation.DEDICATED, TenantSpec.Isolation.SHARED)) {
      TenantStatus.Database before = new TenantStatus.Database(isolation, "5");
      TenantSpec d = TenantSpec.defaults();
      Tenant tenant =
          Fixtures.tenant(
              "acme",
              new TenantSpec(
                  "Acme",
                  null,
                  false,
                  new TenantSpec.Database(isolation, new TenantSpec.SecretRef("acme-db")),
                  d.apiKeys(),
                  d.models(),
                  d.tools(),
                  d.sandbox(),
                  d.limits(),
                  d.deletion(),
                  d.legalHold(),
                  d.adopt(),
                  d.mcpServers()),
              new TenantStatus(1L, ID.toString(), null, before, null, null, null, List.of()));
      StepOutcome away = new StepOutcome.Waiting(Reason.DatabaseUnreachable, "away");
      TenantStatus status =
          TenantStatuses.of(
              tenant,
              new TenantProgress(
                  Optional.of(ID),
                  Optional.empty(),
                  DONE,
                  away,
                  Optional.empty(),
                  DONE,
                  DONE,
                  away,
                  Optional.empty(),
                  Optional.empty()),
              COUNTS,
              0,
              Fixtures.NOW);
      assertThat(status.database())
          .isEqualTo(isolation == TenantSpec.Isolation.DEDICATED ? before : null);
    }
  }

  @Test
  @DisplayName("K8S-8 a deletion that others block says who; when they let go, the condition goes")
  void deleting() {
    Tenant tenant =
        Fixtures.tenant(
            "acme",
            Fixtures.withPolicies("default"),
            status(Fixtures.withPolicies("default"), progress(DONE, DONE)));

    TenantStatus blocked =
        TenantStatuses.deleting(tenant, Optional.of("held by example.com/x"), Fixtures.NOW);
    tenant.setStatus(blocked);
    TenantStatus free = TenantStatuses.deleting(tenant, Optional.empty(), Fixtures.NOW);

    assertThat(find(blocked, ConditionType.DeletionBlocked).getMessage()).contains("example.com/x");
    assertThat(find(blocked, ConditionType.Ready).getReason()).isEqualTo("Deleting");
    assertThat(blocked.tenantId()).isEqualTo(ID.toString());
    assertThat(Conditions.find(free.conditions(), ConditionType.DeletionBlocked)).isEmpty();
    assertThat(TenantStatuses.farewell(tenant)).contains("the data stays", ID.toString());
  }
}

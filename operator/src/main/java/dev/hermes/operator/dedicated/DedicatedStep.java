package dev.hermes.operator.dedicated;

import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.crds.tenant.TenantStatus;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Ready;
import dev.hermes.operator.provision.DatabaseIdentity;
import dev.hermes.operator.provision.DedicatedDatabase;
import dev.hermes.operator.provision.DedicatedUnavailable;
import dev.hermes.operator.provision.DeletedTenant;
import dev.hermes.operator.provision.TenantRow;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A tenant's own database: reached, of this release's schema, with every wall, and holding this
 * tenant alone. The registry row, keys and leases stay in the platform's own.
 */
public final class DedicatedStep {
  private static final Logger log = LoggerFactory.getLogger(DedicatedStep.class);

  private final DedicatedDatabases databases;
  private final Migrations migrations;
  private final Supplier<DatabaseIdentity> home;
  private final Looks looks;
  private final Clock clock;

  public DedicatedStep(
      KubernetesClient kubernetes,
      DedicatedDatabases databases,
      MigrationSettings settings,
      Supplier<DatabaseIdentity> home,
      Clock clock) {
    this.databases = databases;
    this.migrations = new Migrations(kubernetes, settings, clock);
    this.home = home;
    this.looks = new Looks(clock);
    this.clock = clock;
  }

  /**
   * What it came to.
   *
   * @param schemaVersion 0: unknown
   */
  public record Outcome(
      StepOutcome database,
      StepOutcome isolation,
      Optional<TenantStatus.SelfTest> selfTest,
      int schemaVersion) {}

  public static boolean concerns(TenantSpec spec) {
    return spec.database().isolation() == TenantSpec.Isolation.DEDICATED;
  }

  /**
   * Looks at the database, and sees to what it lacks. Never throws for what the database does.
   *
   * @param row as it is to be stored there
   */
  public Outcome run(Tenant tenant, TenantRow row) {
    String uid = tenant.getMetadata().getUid();
    long generation = tenant.getMetadata().getGeneration();
    String version = "";
    try {
      DedicatedDatabases.Found found = databases.find(secret(tenant));
      version = found.version();
      Optional<Outcome> fresh = looks.fresh(uid, version, generation);
      if (fresh.isPresent()) {
        return fresh.get();
      }
      return look(tenant, row, found);
    } catch (DedicatedUnavailable e) {
      Outcome outcome = Refusals.of(e, looks.schemaVersion(uid));
      looks.bad(uid, version, generation, outcome);
      return outcome;
    }
  }

  private Outcome look(Tenant tenant, TenantRow row, DedicatedDatabases.Found found) {
    String uid = tenant.getMetadata().getUid();
    long generation = tenant.getMetadata().getGeneration();
    DedicatedDatabase database = found.database();
    int installed = database.checks().schemaVersion();
    Optional<Instant> verified = looks.verified(uid, found.version(), generation);
    if (verified.isEmpty()) {
      if (database.checks().identity().equals(home.get())) {
        throw new DedicatedUnavailable(
            Reason.DatabaseTaken,
            "the Secret leads to the platform's own database; a Dedicated tenant has another one");
      }
      database.checks().verifyServer();
    }
    if (installed < SchemaVersion.REQUIRED) {
      throw migrations.advance(
          new MigrationJob.Target(
              tenant.getMetadata().getName(),
              uid,
              row.tenantId().toString(),
              secret(tenant),
              found.version()),
          installed);
    }
    OwnRows.provision(tenant, row, database);
    if (verified.isEmpty()) {
      database.checks().verifyWalls();
      database
          .checks()
          .selfTest(row.tenantId())
          .ifPresent(failure -> {
            throw new DedicatedUnavailable(Reason.SelfTestFailed, failure);
          });
    }
    Instant at = verified.orElseGet(() -> clock.instant().truncatedTo(ChronoUnit.SECONDS));
    Outcome outcome =
        new Outcome(
            new Ready(Reason.Provisioned, "tenant " + row.tenantId() + ", in its own database"),
            new Ready(Reason.Passed, "row-level security holds for this tenant"),
            Optional.of(Looks.passed(at)),
            installed);
    looks.good(uid, found.version(), generation, outcome, at);
    return outcome;
  }

  /**
   * Says in the tenant's database, too, that it was deleted. A database that is away does not hold
   * the deletion up: the purge says it again.
   */
  public void deleted(Tenant tenant, DeletedTenant deleted) {
    looks.forget(tenant.getMetadata().getUid());
    try {
      DedicatedDatabase database = databases.find(secret(tenant)).database();
      UUID id = deleted.tenantId();
      if (database
          .holder(id)
          .filter(holder -> holder.objectUid().equals(deleted.objectUid()))
          .isPresent()) {
        // when its time has come is decided by the platform's own database alone
        database.delete(
            new DeletedTenant(
                id,
                deleted.objectUid(),
                deleted.name(),
                new TenantSpec.Deletion(deleted.deletion().policy(), 0, false),
                deleted.legalHold(),
                deleted.evidence()));
      }
    } catch (DedicatedUnavailable e) {
      log.warn(
          "tenant {} is deleted, but its own database does not know yet: {}",
          deleted.tenantId(),
          e.getMessage());
    }
  }

  /** Looked at again soon, whatever the condition says: what is missing may come from outside. */
  public boolean isUnready(Tenant tenant) {
    return looks.isUnready(tenant.getMetadata().getUid());
  }

  private static String secret(Tenant tenant) {
    return Objects.requireNonNull(tenant.getSpec().database().secretRef()).name();
  }
}

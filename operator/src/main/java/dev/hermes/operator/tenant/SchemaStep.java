package dev.hermes.operator.tenant;

import dev.hermes.crds.Reason;
import dev.hermes.crds.effective.EffectiveDatabase;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec.Isolation;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.database.key.ScramVerifier;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Step;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Invalid;
import dev.hermes.operator.kube.StepOutcome.Ready;
import dev.hermes.operator.kube.StepOutcome.Waiting;
import dev.hermes.operator.provision.TenantSchemas;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.UUID;

/**
 * The schema and login of a tenant with isolation Schema. The Secret is the write-ahead record of
 * the password: whatever died since, the one in it is the one that is to be in force.
 */
final class SchemaStep {
  private final TenantSchemas schemas;
  private final LoginSecrets secrets;
  private final Halt halt;

  SchemaStep(TenantSchemas schemas, LoginSecrets secrets, Halt halt) {
    this.schemas = schemas;
    this.secrets = secrets;
    this.halt = halt;
  }

  /**
   * What the step came to.
   *
   * @param version of the tenant's own schema; empty when it has none
   */
  record Result(StepOutcome outcome, Optional<Integer> version) {}

  /** Empty for tenants with another isolation. */
  Optional<Result> run(Tenant tenant, UUID id) {
    EffectiveDatabase database = DatabaseStep.database(TenantCache.spec(tenant), id);
    if (database.isolation() != Isolation.SCHEMA) {
      return Optional.empty();
    }
    Optional<TenantSchemas.Schema> found = schemas.find(id);
    if (found.isEmpty()) {
      if (!schemas.create(id)) {
        return Optional.of(new Result(full(), Optional.empty()));
      }
      halt.after(Step.TENANT_SCHEMA);
      found = schemas.find(id);
    }
    TenantSchemas.Schema schema = found.orElseThrow();
    String name = tenant.getMetadata().getName();
    StepOutcome outcome =
        schema.version() < SchemaVersion.REQUIRED ? behind(schema) : login(name, id, schema);
    return Optional.of(new Result(outcome, Optional.of(schema.version())));
  }

  /** The tenant ends: nobody finds a login that works no more. */
  void leaves(Tenant tenant, UUID id) {
    if (TenantCache.spec(tenant).database().isolation() == Isolation.SCHEMA) {
      secrets.delete(tenant.getMetadata().getName(), id);
    }
  }

  private StepOutcome login(String tenant, UUID id, TenantSchemas.Schema schema) {
    Optional<String> password = secrets.password(tenant, id, schema.name());
    halt.after(Step.TENANT_LOGIN_SECRET);
    if (password.isEmpty()) {
      return new Invalid(
          Reason.SecretTaken,
          "Secret "
              + secrets.name(tenant, id)
              + " is not the login that was made for this tenant; remove it, and a new one is made");
    }
    String verifier = ScramVerifier.of(password.get(), schema.name());
    if (!schema.verifierSha256().filter(known -> isOf(known, verifier)).isPresent()) {
      schemas.login(id, verifier);
      halt.after(Step.TENANT_LOGIN);
    }
    return new Ready(
        Reason.Provisioned,
        "tenant "
            + id
            + ", schema "
            + schema.name()
            + ", login in Secret "
            + secrets.name(tenant, id));
  }

  private static StepOutcome full() {
    return new Invalid(
        Reason.SchemasFull,
        "this database has as many schemas of tenants as it may, 500; delete a tenant with"
            + " isolation Schema and let it be purged, or use isolation Shared or Dedicated");
  }

  private static StepOutcome behind(TenantSchemas.Schema schema) {
    return new Waiting(
        Reason.SchemaTooOld,
        "schema "
            + schema.name()
            + " is at version "
            + schema.version()
            + " and the operator needs "
            + SchemaVersion.REQUIRED
            + "; see the log of the migration Job");
  }

  private static boolean isOf(byte[] digest, String verifier) {
    try {
      return MessageDigest.isEqual(
          digest,
          MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}

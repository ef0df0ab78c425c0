package dev.hermes.api.embedding;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.model.EmbeddingAnswer;
import dev.hermes.api.model.EmbeddingRequest;
import dev.hermes.api.model.ModelCatalog;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelMetrics;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.RequestId;
import dev.hermes.api.tenant.Tenants;
import dev.hermes.api.usage.UsageRecord;
import dev.hermes.api.usage.UsageRecord.Completeness;
import dev.hermes.api.usage.UsageRecords;
import dev.hermes.api.usage.UsageSettlement;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.Writes;
import io.micronaut.http.HttpRequest;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;

/** Asks a model for vectors, and writes what that used before the client is told. */
@Singleton
final class Embeddings {
  private final Tenants tenants;
  private final TenantDatabase database;
  private final ModelCatalog catalog;
  private final UsageRecords usage;
  private final UsageSettlement settlement;
  private final AuditLog audit;
  private final ModelMetrics metrics;
  private final Clock clock;

  Embeddings(
      Tenants tenants,
      TenantDatabase database,
      ModelCatalog catalog,
      UsageRecords usage,
      UsageSettlement settlement,
      AuditLog audit,
      ModelMetrics metrics,
      Clock clock) {
    this.tenants = tenants;
    this.database = database;
    this.catalog = catalog;
    this.usage = usage;
    this.settlement = settlement;
    this.audit = audit;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** One request on its way. */
  private record Call(
      Principal caller,
      String requestId,
      ModelCatalog.Offer offer,
      UsageRecord.Admission admission) {}

  EmbeddingAnswer embed(HttpRequest<?> http, EmbeddingRequest request) throws InterruptedException {
    Principal caller = Principal.of(http);
    ModelCatalog.Offer offer =
        catalog
            .find(request.model(), tenants.effective(caller.tenant()).models())
            .orElseThrow(() -> new ApiException(Failure.modelNotFound(request.model())));
    // no model is asked for what could not be written down
    database.reach(caller.tenant());
    Call call =
        new Call(caller, RequestId.of(http), offer, UsageRecord.Admission.now(clock.instant()));
    long begun = System.nanoTime();
    String status = "failed";
    try {
      EmbeddingAnswer answer = offer.provider().embed(request);
      status = "succeeded";
      metrics.tokens(caller.tenant(), offer.model(), answer.provider(), answer.usage());
      settle(call, status, answer.provider(), answer.usage(), answer.degraded());
      return answer;
    } catch (ModelFailed e) {
      status = e.kind().status();
      settle(call, "failed", offer.provider().name(), e.usage(), false);
      throw new ApiException(e.failure());
    } finally {
      metrics.call(offer.model(), offer.provider().name(), status, System.nanoTime() - begun);
    }
  }

  private void settle(
      Call call, String status, String provider, TokenUsage used, boolean degraded) {
    UsageRecord record =
        new UsageRecord(
            call.admission(),
            call.caller().user(),
            call.caller().keyId(),
            Optional.empty(),
            call.requestId(),
            call.offer().model(),
            provider,
            used.prompt(),
            used.completion(),
            0,
            used.nanoUsd(),
            used.estimated() ? Completeness.ESTIMATED : Completeness.FINAL,
            status,
            degraded);
    // made once: what is written again after a commit whose answer was lost is the same row
    Writes writes = new Writes();
    usage.add(writes, call.caller().tenant(), record);
    audit.add(
        writes,
        call.caller().tenant(),
        new AuditLog.Entry(
            call.caller().user(),
            "embedding",
            "model:" + record.model(),
            AuditLog.Outcome.ALLOWED,
            Map.of("status", record.status(), "key", record.keyId()),
            call.requestId()));
    settlement.settle(
        call.caller().tenant(),
        UsageSettlement.Kind.EMBEDDING,
        record,
        () -> database.write(call.caller().tenant(), writes));
  }
}

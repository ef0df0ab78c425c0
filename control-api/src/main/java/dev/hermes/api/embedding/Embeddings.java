package dev.hermes.api.embedding;

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
import dev.hermes.api.usage.UsageSettlement;
import dev.hermes.database.access.TenantDatabase;
import io.micronaut.http.HttpRequest;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Optional;

/** Asks a model for vectors, and writes what that used before the client is told. */
@Singleton
final class Embeddings {
  private final Tenants tenants;
  private final TenantDatabase database;
  private final ModelCatalog catalog;
  private final UsageSettlement settlement;
  private final ModelMetrics metrics;
  private final Clock clock;

  Embeddings(
      Tenants tenants,
      TenantDatabase database,
      ModelCatalog catalog,
      UsageSettlement settlement,
      ModelMetrics metrics,
      Clock clock) {
    this.tenants = tenants;
    this.database = database;
    this.catalog = catalog;
    this.settlement = settlement;
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
    settlement.settle(
        call.caller().tenant(),
        UsageSettlement.Kind.EMBEDDING,
        record,
        rows -> database.write(call.caller().tenant(), rows));
  }
}

package dev.hermes.api.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.tenant.Tenants;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;

/** The models a tenant may name. */
@Controller("/v1/models")
@ExecuteOn(TaskExecutors.BLOCKING)
final class ModelsController {
  // when a model came to be is not known of an upstream; the field is required
  private static final long CREATED = 1_767_225_600;

  private final ModelCatalog catalog;
  private final Tenants tenants;

  ModelsController(ModelCatalog catalog, Tenants tenants) {
    this.catalog = catalog;
    this.tenants = tenants;
  }

  @Serdeable
  record Models(String object, List<Model> data) {}

  @Serdeable
  record Model(String id, String object, long created, @JsonProperty("owned_by") String ownedBy) {}

  /** Lists the models the caller's tenant may name. */
  @Get
  @Requires(
      scopes = {Scope.READ, Scope.EXECUTE},
      callback = true)
  Models list(HttpRequest<?> request) {
    return new Models(
        "list",
        catalog.offers(tenants.effective(Principal.of(request).tenant()).models()).stream()
            .map(ModelsController::model)
            .toList());
  }

  /** One model; an id may hold slashes and colons. */
  @Get("/{model:.+}")
  @Requires(
      scopes = {Scope.READ, Scope.EXECUTE},
      callback = true)
  Model get(@PathVariable String model, HttpRequest<?> request) {
    return catalog
        .find(model, tenants.effective(Principal.of(request).tenant()).models())
        .map(ModelsController::model)
        .orElseThrow(() -> new ApiException(Failure.modelNotFound(model)));
  }

  private static Model model(ModelCatalog.Offer offer) {
    return new Model(offer.model(), "model", CREATED, offer.provider().name());
  }
}

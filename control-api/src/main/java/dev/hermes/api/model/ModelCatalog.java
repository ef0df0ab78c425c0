package dev.hermes.api.model;

import dev.hermes.crds.tenant.TenantSpec;
import jakarta.inject.Singleton;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The models of this installation and the way to each; the first that is named is the one. */
@Singleton
public final class ModelCatalog {
  private volatile Map<String, ModelProvider> byModel = Map.of();

  /** A model and its provider. */
  public record Offer(String model, ModelProvider provider) {}

  /** From now on these, in this order. */
  void replace(Map<String, ModelProvider> models) {
    byModel = Collections.unmodifiableMap(new LinkedHashMap<>(models));
  }

  /** The models a tenant may name, in the file's order. */
  public List<Offer> offers(TenantSpec.Models allowed) {
    return byModel.entrySet().stream()
        .filter(entry -> allowed.allows(entry.getKey()))
        .map(entry -> new Offer(entry.getKey(), entry.getValue()))
        .toList();
  }

  /** The named model, if it exists and the tenant may use it. */
  public Optional<Offer> find(String model, TenantSpec.Models allowed) {
    return offers(allowed).stream().filter(offer -> offer.model().equals(model)).findFirst();
  }

  /** The tenant's default, else the first it may use. */
  public Optional<Offer> standard(TenantSpec.Models allowed) {
    String named = allowed.defaultModel();
    return named == null ? offers(allowed).stream().findFirst() : find(named, allowed);
  }
}

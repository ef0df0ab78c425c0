package dev.hermes.crds.effective;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.hermes.crds.tenant.TenantSpec.Isolation;
import org.jspecify.annotations.Nullable;

/**
 * Where the tenant's content lives; its registry row, keys and leases are always in the platform's
 * own database.
 *
 * @param schema with isolation Schema
 * @param secret with isolation Dedicated: the Secret of the system namespace that reaches the
 *     database
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EffectiveDatabase(
    Isolation isolation, @Nullable String schema, @Nullable String secret) {

  public EffectiveDatabase {
    isolation = isolation == null ? Isolation.SHARED : isolation;
  }

  /** In the schema that tenants share. */
  public static EffectiveDatabase shared() {
    return new EffectiveDatabase(Isolation.SHARED, null, null);
  }
}

package dev.hermes.api.me;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.tenant.Tenants;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.Tool;
import dev.hermes.crds.effective.EffectiveTenant;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;

/** Tells a caller who it is. */
@Controller("/v1/me")
final class MeController {
  private final Tenants tenants;

  MeController(Tenants tenants) {
    this.tenants = tenants;
  }

  /** The caller's tenant, identity and rights. */
  @Serdeable
  record Me(
      TenantName tenant,
      String user,
      @JsonProperty("key_id") String keyId,
      @JsonProperty("auth_method") String authMethod,
      List<String> roles,
      List<String> scopes,
      List<String> tools,
      Limits limits) {}

  @Serdeable
  record TenantName(String id, String name, @JsonProperty("display_name") String displayName) {}

  @Serdeable
  record Limits(
      @JsonProperty("requests_per_minute") int requestsPerMinute,
      @JsonProperty("max_concurrent_sandboxes") int maxConcurrentSandboxes) {}

  /** Code in a sandbox runs no tools. */
  private static List<String> tools(Principal caller, EffectiveTenant tenant) {
    return caller.sandbox().isPresent()
        ? List.of()
        : tenant.tools().stream().map(Tool::wire).sorted().toList();
  }

  /** Who the caller is and what it may do. */
  @Get
  @Requires(callback = true)
  @ExecuteOn(TaskExecutors.BLOCKING)
  Me me(HttpRequest<?> request) {
    Principal caller = Principal.of(request);
    EffectiveTenant tenant = tenants.effective(caller.tenant());
    return new Me(
        new TenantName(caller.tenant().toString(), tenant.name(), tenant.displayName()),
        caller.user(),
        caller.keyId(),
        caller.sandbox().isPresent() ? "callback" : "api_key",
        caller.roles().stream().map(Role::wire).sorted().toList(),
        caller.scopes().stream().map(Scope::wire).sorted().toList(),
        tools(caller, tenant),
        new Limits(tenant.requestsPerMinute(), tenant.maxConcurrentSandboxes()));
  }
}

package dev.hermes.api.chat;

import dev.hermes.api.idempotency.Claim;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.memory.MemoryWish;
import dev.hermes.api.model.ModelCatalog;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.cache.AnswerCache;
import dev.hermes.api.model.cache.CacheWish;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.RequestId;
import dev.hermes.api.session.SessionId;
import dev.hermes.api.session.SessionKey;
import dev.hermes.api.tenant.Tenants;
import dev.hermes.api.tool.PlatformTool;
import dev.hermes.api.tool.ToolOffers;
import dev.hermes.api.tool.ToolWish;
import dev.hermes.api.usage.UsageRecord;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.database.access.TenantDatabase;
import io.micronaut.http.HttpRequest;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Optional;

/** Makes a turn of a request: model, session and tools as the caller's tenant allows them. */
@Singleton
final class TurnMaker {
  private final Tenants tenants;
  private final TenantDatabase content;
  private final ModelCatalog catalog;
  private final AnswerCache answers;
  private final ToolOffers tools;
  private final Clock clock;

  TurnMaker(
      Tenants tenants,
      TenantDatabase content,
      ModelCatalog catalog,
      AnswerCache answers,
      ToolOffers tools,
      Clock clock) {
    this.tenants = tenants;
    this.content = content;
    this.catalog = catalog;
    this.answers = answers;
    this.tools = tools;
    this.clock = clock;
  }

  /** The session a request names in its header. */
  static Optional<SessionId> session(HttpRequest<?> http) {
    return Optional.ofNullable(http.getHeaders().get(SessionId.HEADER))
        .map(id -> SessionId.parse(SessionId.HEADER, id));
  }

  /**
   * @param claim of a request with a key
   */
  Turn make(
      HttpRequest<?> http,
      ChatRequest request,
      Optional<SessionId> session,
      Optional<Claim> claim) {
    Principal caller = Principal.of(http);
    EffectiveTenant tenant = tenants.effective(caller.tenant());
    // no model is asked for a turn whose usage could not be written
    content.reach(caller.tenant());
    String requestId = RequestId.of(http);
    boolean memory = MemoryWish.of(http, session.isPresent());
    return new Turn(
        caller,
        requestId,
        request,
        offer(http, request, tenant),
        session.map(id -> new SessionKey(caller.tenant(), caller.user(), id)),
        memory,
        tools.of(
            caller,
            tenant,
            requestId,
            session.map(SessionId::value),
            wish(http, request, tenant, memory)),
        UsageRecord.Admission.now(clock.instant()),
        claim);
  }

  private ModelCatalog.Offer offer(
      HttpRequest<?> http, ChatRequest request, EffectiveTenant tenant) {
    boolean cached = CacheWish.parse(http.getHeaders().get(CacheWish.HEADER));
    ModelCatalog.Offer offer = offer(request, tenant);
    ModelProvider provider = offer.provider().forTurn();
    return new ModelCatalog.Offer(
        offer.model(),
        cached
            ? answers.over(provider, Principal.of(http).tenant(), tenant.generation())
            : provider);
  }

  private ModelCatalog.Offer offer(ChatRequest request, EffectiveTenant tenant) {
    String named = request.model().orElse("");
    return (named.isEmpty()
            ? catalog.standard(tenant.models())
            : catalog.find(named, tenant.models()))
        .orElseThrow(() -> new ApiException(Failure.modelNotFound(named)));
  }

  private static ToolWish wish(
      HttpRequest<?> http, ChatRequest request, EffectiveTenant tenant, boolean memory) {
    ToolWish all = ToolWish.allBut(request.functions());
    ToolWish asked =
        Optional.ofNullable(http.getHeaders().get(ToolWish.HEADER))
            .map(header -> all.narrowed(header, tenant))
            .orElse(all);
    ToolWish wish = memory ? asked : asked.without(PlatformTool.MEMORY);
    return request.forbidsTools() ? wish.none() : wish;
  }
}

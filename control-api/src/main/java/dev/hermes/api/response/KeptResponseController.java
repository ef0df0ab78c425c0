package dev.hermes.api.response;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.PageLimit;
import dev.hermes.api.problem.RequestId;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The caller's kept responses, as OpenAI's clients ask for them. */
@Controller("/v1/responses")
@ExecuteOn(TaskExecutors.BLOCKING)
final class KeptResponseController {
  private final KeptResponses responses;
  private final AuditLog audit;

  KeptResponseController(KeptResponses responses, AuditLog audit) {
    this.responses = responses;
    this.audit = audit;
  }

  /** What deleting answers. */
  @Serdeable
  record Deleted(String id, String object, boolean deleted) {}

  /** A page of items. */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Page(
      String object,
      List<JsonNode> data,
      @JsonProperty("first_id") @Nullable String firstId,
      @JsonProperty("last_id") @Nullable String lastId,
      @JsonProperty("has_more") boolean hasMore) {}

  /**
   * A kept response, as it was answered.
   *
   * @param stream must not be true: its events are not kept
   */
  @Get("/{id}")
  @Requires(scopes = Scope.READ)
  JsonNode get(HttpRequest<?> request, String id, @QueryValue Optional<Boolean> stream) {
    if (stream.orElse(false)) {
      throw new ApiException(
          Failure.unsupported("stream", "The events of a response are not kept; ask without it."));
    }
    return find(request, id).object();
  }

  /**
   * The input of a kept response, without what was before it.
   *
   * @param limit 1 to 100, by default 20
   * @param order asc or desc, which is the default
   * @param after the id of the item before the page
   */
  @Get("/{id}/input_items")
  @Requires(scopes = Scope.READ)
  Page input(
      HttpRequest<?> request,
      String id,
      @QueryValue(defaultValue = "20") int limit,
      @QueryValue(defaultValue = "desc") String order,
      @QueryValue Optional<String> after) {
    if (!order.equals("asc") && !order.equals("desc")) {
      throw new ApiException(Failure.invalid("order", "order is asc or desc."));
    }
    List<ObjectNode> items = InputItems.of(find(request, id));
    List<? extends JsonNode> ordered = order.equals("asc") ? items : items.reversed();
    int from = after.map(item -> place(ordered, item) + 1).orElse(0);
    int to = Math.min(ordered.size(), from + PageLimit.checked(limit));
    List<JsonNode> page = List.copyOf(ordered.subList(from, to));
    return new Page(
        "list",
        page,
        page.isEmpty() ? null : page.getFirst().path("id").asText(),
        page.isEmpty() ? null : page.getLast().path("id").asText(),
        to < ordered.size());
  }

  /** Forgets a response; one that follows it can be read, and no more be followed. */
  @Delete("/{id}")
  @Requires(
      scopes = Scope.WRITE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  Deleted delete(HttpRequest<?> request, String id) {
    Principal caller = Principal.of(request);
    AuditLog.Entry entry =
        new AuditLog.Entry(
            caller.user(),
            "response.delete",
            "response:" + id,
            AuditLog.Outcome.ALLOWED,
            Map.of("key", caller.keyId()),
            RequestId.of(request));
    if (!responses.delete(caller, id, () -> audit.record(caller.tenant(), entry))) {
      throw unknown();
    }
    return new Deleted(id, "response", true);
  }

  private KeptResponse find(HttpRequest<?> request, String id) {
    return responses.find(Principal.of(request), id).orElseThrow(KeptResponseController::unknown);
  }

  private static int place(List<? extends JsonNode> items, String id) {
    for (int i = 0; i < items.size(); i++) {
      if (items.get(i).path("id").asText().equals(id)) {
        return i;
      }
    }
    throw new ApiException(Failure.invalid("after", "after is the id of an item of this input."));
  }

  private static ApiException unknown() {
    return new ApiException(Failure.notFound("You have no response of that id that is kept."));
  }
}

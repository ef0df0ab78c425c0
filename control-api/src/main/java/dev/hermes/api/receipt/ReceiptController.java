package dev.hermes.api.receipt;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.PageLimit;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Shows receipts: a user sees its own, an auditor or admin with scope audit the whole tenant's. */
@Controller("/v1/execution-receipts")
@ExecuteOn(TaskExecutors.BLOCKING)
final class ReceiptController {

  private final ReceiptList receipts;

  ReceiptController(ReceiptList receipts) {
    this.receipts = receipts;
  }

  /** A page, newest first; {@code next} is the cursor of the page after it. */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Page(
      String object,
      List<Row> data,
      @JsonProperty("has_more") boolean hasMore,
      @Nullable String next) {}

  /**
   * One receipt.
   *
   * @param inputSha256 null while an input still streams over the data plane
   */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Row(
      String id,
      String object,
      @JsonProperty("request_id") String requestId,
      @JsonProperty("tool_call_id") String toolCallId,
      @JsonProperty("session_id") @Nullable String sessionId,
      String user,
      String tool,
      String policy,
      String sandbox,
      String status,
      @JsonProperty("input_sha256") @Nullable String inputSha256,
      @JsonProperty("output_sha256") @Nullable String outputSha256,
      @JsonProperty("output_bytes") @Nullable Long outputBytes,
      @JsonProperty("exit_code") @Nullable Integer exitCode,
      @JsonProperty("duration_ms") @Nullable Long durationMillis,
      boolean truncated,
      @JsonProperty("created_at") String createdAt,
      @JsonProperty("finished_at") @Nullable String finishedAt) {}

  /**
   * Lists receipts, newest first.
   *
   * @param limit 1 to 100, by default 20
   * @param after cursor: {@code next} of the page before
   * @param session only those of this session
   * @param request only those of this request id
   */
  @Get
  @Requires(scopes = {Scope.READ, Scope.AUDIT})
  Page list(
      HttpRequest<?> request,
      @QueryValue(defaultValue = "20") int limit,
      @QueryValue Optional<String> after,
      @QueryValue Optional<String> session,
      @QueryValue("request_id") Optional<String> requestId) {
    PageLimit.checked(limit);
    Principal caller = Principal.of(request);
    List<Row> rows =
        receipts.list(
            caller.tenant(),
            new ReceiptList.Filter(
                owner(caller),
                after.map(ReceiptController::cursor),
                session,
                requestId,
                limit + 1));
    boolean more = rows.size() > limit;
    List<Row> page = more ? rows.subList(0, limit) : rows;
    return new Page("list", page, more, more ? page.getLast().id() : null);
  }

  /** Empty when the caller may see the whole tenant's. */
  private static Optional<String> owner(Principal caller) {
    boolean all = caller.has(Scope.AUDIT) && caller.hasAny(Role.AUDITOR, Role.ADMIN);
    if (!all && !caller.has(Scope.READ)) {
      throw new ApiException(
          Failure.forbidden("insufficient_scope", "Own receipts need the scope read."));
    }
    return all ? Optional.empty() : Optional.of(caller.user());
  }

  private static UUID cursor(String after) {
    try {
      return UUID.fromString(after);
    } catch (IllegalArgumentException e) {
      throw new ApiException(Failure.invalid("after", "after is a receipt's id."));
    }
  }
}

package dev.hermes.api.memory;

import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.PageLimit;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Put;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.http.annotation.Status;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Memories of a user. A user sees its own; an admin or auditor those of the user that it names. One
 * that is not there and one that is another's are answered alike.
 */
@Controller("/v1/memories")
@ExecuteOn(TaskExecutors.BLOCKING)
final class MemoryController {
  private final Memories memories;

  MemoryController(Memories memories) {
    this.memories = memories;
  }

  /** What is to be kept. */
  @Serdeable
  record Wish(@Nullable String content) {}

  /**
   * Keeps a text under a name; what was there before is replaced.
   *
   * @param user whose; absent: the caller's own
   */
  @Put("/{key}")
  @Operation(operationId = "setMemory")
  @Requires(
      scopes = Scope.WRITE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  @ApiResponse(responseCode = "200", description = "It was there and is changed.")
  @ApiResponse(
      responseCode = "201",
      description = "It is new.",
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              schema = @Schema(implementation = Memory.class)))
  HttpResponse<Memory> set(
      HttpRequest<?> request, String key, @QueryValue Optional<String> user, @Body Wish wish) {
    MemoryOwner owner = MemoryOwner.writing(request, user);
    MemoryText text = MemoryText.parse(Optional.ofNullable(wish.content()).orElse(""));
    return switch (memories.set(owner, MemoryKey.parse(key), text, Writer.of(request))) {
      case Memories.Kept.Added(Memory memory) -> HttpResponse.created(memory);
      case Memories.Kept.Changed(Memory memory) -> HttpResponse.ok(memory);
      case Memories.Kept.Full full ->
          throw new ApiException(Failure.conflict("memories_full", full.message()));
    };
  }

  /** One memory. */
  @Get("/{key}")
  @Operation(operationId = "getMemory")
  @Requires(scopes = {Scope.READ, Scope.AUDIT})
  Memory get(HttpRequest<?> request, String key, @QueryValue Optional<String> user) {
    return memories
        .find(MemoryOwner.reading(request, user), MemoryKey.parse(key))
        .orElseThrow(MemoryController::unknown);
  }

  /**
   * Lists memories, the one that was written last first; what is searched for, best first.
   *
   * @param limit 1 to 100, by default 20
   * @param after cursor: {@code next} of the page before
   * @param q words to search for: all of them, "a phrase", or, -not
   * @param user whose; absent: the caller's own
   */
  @Get
  @Operation(operationId = "listMemories")
  @Requires(scopes = {Scope.READ, Scope.AUDIT})
  MemoryPage list(
      HttpRequest<?> request,
      @QueryValue(defaultValue = "20") int limit,
      @QueryValue Optional<String> after,
      @QueryValue Optional<String> q,
      @QueryValue Optional<String> user) {
    return memories.page(
        MemoryOwner.reading(request, user),
        q.flatMap(MemoryQuery::parse),
        after.map(MemoryCursor::parse),
        PageLimit.checked(limit));
  }

  /** Forgets one. */
  @Delete("/{key}")
  @Operation(operationId = "deleteMemory")
  @Status(HttpStatus.NO_CONTENT)
  @Requires(
      scopes = Scope.WRITE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  void delete(HttpRequest<?> request, String key, @QueryValue Optional<String> user) {
    MemoryOwner owner = MemoryOwner.writing(request, user);
    if (!memories.delete(owner, MemoryKey.parse(key), Writer.of(request))) {
      throw unknown();
    }
  }

  private static ApiException unknown() {
    return new ApiException(Failure.notFound("You have no memory of that key."));
  }
}

package dev.hermes.api.skill;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.JsonBody;
import dev.hermes.api.body.RequestBody;
import dev.hermes.api.idempotency.Once;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.PageLimit;
import dev.hermes.api.problem.RequestId;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.http.annotation.Status;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Skills of the caller and of its tenant. A user writes its own, an admin or owner the tenant's;
 * one that is not there and one that is another user's are answered alike.
 */
@Controller("/v1/skills")
@ExecuteOn(TaskExecutors.BLOCKING)
final class SkillController {
  private final Skills skills;

  SkillController(Skills skills) {
    this.skills = skills;
  }

  /**
   * Installs a skill under the name in its document; one that was there is replaced. The body has
   * the {@code document}, a SKILL.md of at most 64 KiB, and whose it is, {@code owner}: {@code
   * user} (the caller's own) or {@code tenant}.
   */
  @Once
  @Post
  @Operation(operationId = "installSkill")
  @Consumes(MediaType.APPLICATION_JSON)
  @Requires(
      scopes = Scope.WRITE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  @io.swagger.v3.oas.annotations.parameters.RequestBody(
      required = true,
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              schema = @Schema(type = "object", requiredProperties = "document")))
  @ApiResponse(responseCode = "200", description = "It was there and is replaced.")
  @ApiResponse(
      responseCode = "201",
      description = "It is new.",
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              schema = @Schema(implementation = Skill.class)))
  HttpResponse<Skill> install(HttpRequest<?> request, @Body CompletableFuture<byte[]> body)
      throws InterruptedException {
    Principal caller = Principal.of(request);
    ObjectNode wish = JsonBody.object(RequestBody.await(body, RequestBody.SECONDS));
    Optional<String> named = text(wish, "owner");
    SkillDocument document =
        SkillDocument.parse(
            text(wish, "document")
                .orElseThrow(() -> new ApiException(Failure.missing("document"))));
    SkillOwner owner = SkillOwner.writing(caller, named);
    return switch (skills.set(owner, document, caller, RequestId.of(request))) {
      case Skills.Kept.Added(Skill skill) -> HttpResponse.created(skill);
      case Skills.Kept.Replaced(Skill skill) -> HttpResponse.ok(skill);
      case Skills.Kept.Full full ->
          throw new ApiException(Failure.conflict("skills_full", full.message()));
    };
  }

  /**
   * Lists skills without their documents, the one that was installed last first.
   *
   * @param limit 1 to 100, by default 20
   * @param after cursor: {@code next} of the page before
   * @param owner user or tenant; absent: those that the caller's turns have, where the caller's own
   *     stands before the tenant's of the same name
   */
  @Get
  @Operation(operationId = "listSkills")
  @Requires(scopes = Scope.READ)
  SkillPage list(
      HttpRequest<?> request,
      @QueryValue(defaultValue = "20") int limit,
      @QueryValue Optional<String> after,
      @QueryValue Optional<String> owner) {
    Principal caller = Principal.of(request);
    return skills.page(
        caller, owners(caller, owner), after.map(SkillCursor::parse), PageLimit.checked(limit));
  }

  /**
   * One skill with its document.
   *
   * @param owner user or tenant; absent: the one that the caller's turns have
   */
  @Get("/{name}")
  @Operation(operationId = "getSkill")
  @Requires(scopes = Scope.READ)
  Skill get(HttpRequest<?> request, String name, @QueryValue Optional<String> owner) {
    Principal caller = Principal.of(request);
    return skills
        .find(caller, owners(caller, owner), SkillName.parse(name))
        .orElseThrow(SkillController::unknown);
  }

  /**
   * Removes one; a turn that uses it now goes on with it.
   *
   * @param owner user or tenant; absent: user
   */
  @Delete("/{name}")
  @Operation(operationId = "deleteSkill")
  @Status(HttpStatus.NO_CONTENT)
  @Requires(
      scopes = Scope.WRITE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  void delete(HttpRequest<?> request, String name, @QueryValue Optional<String> owner) {
    Principal caller = Principal.of(request);
    SkillName named = SkillName.parse(name);
    SkillOwner from = SkillOwner.writing(caller, owner);
    if (!skills.delete(from, named, caller, RequestId.of(request))) {
      throw unknown();
    }
  }

  private static Set<String> owners(Principal caller, Optional<String> owner) {
    return owner.isEmpty()
        ? SkillOwner.visible(caller)
        : Set.of(SkillOwner.named(caller, owner).user());
  }

  private static Optional<String> text(ObjectNode wish, String member) {
    return JsonBody.present(wish.path(member))
        .map(value -> {
          if (!value.isTextual()) {
            throw new ApiException(Failure.invalid(member, member + " is a text."));
          }
          return value.textValue();
        });
  }

  private static ApiException unknown() {
    return new ApiException(Failure.notFound("There is no such skill of yours or your tenant's."));
  }
}

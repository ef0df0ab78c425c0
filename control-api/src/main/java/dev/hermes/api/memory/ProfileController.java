package dev.hermes.api.memory;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.JsonBody;
import dev.hermes.api.body.RequestBody;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
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
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The profile of a user: one JSON document, which means what the tenant's apps make of it. An admin
 * or auditor sees that of the user that it names.
 */
@Controller("/v1/profile")
@ExecuteOn(TaskExecutors.BLOCKING)
final class ProfileController {
  private static final int MOST_BYTES = 16384;

  private final Profiles profiles;

  ProfileController(Profiles profiles) {
    this.profiles = profiles;
  }

  /**
   * A profile.
   *
   * @param document as it was sent, but for the order of members and spaces
   */
  @Serdeable
  record Profile(
      String object,
      String user,
      @Schema(type = "object", implementation = Object.class) JsonNode document,
      @JsonProperty("updated_at") String updatedAt) {}

  /**
   * The profile.
   *
   * @param user whose; absent: the caller's own
   */
  @Get
  @Operation(operationId = "getProfile")
  @Requires(scopes = {Scope.READ, Scope.AUDIT})
  Profile get(HttpRequest<?> request, @QueryValue Optional<String> user) {
    return profiles
        .find(MemoryOwner.reading(request, user))
        .orElseThrow(ProfileController::unknown);
  }

  /** Keeps {@code document}, an object of at most 16 KiB, instead of what was there. */
  @Put
  @Operation(operationId = "setProfile")
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
  Profile set(
      HttpRequest<?> request,
      @QueryValue Optional<String> user,
      @Body CompletableFuture<byte[]> body)
      throws InterruptedException {
    MemoryOwner owner = MemoryOwner.writing(request, user);
    ObjectNode wish = JsonBody.object(RequestBody.await(body, RequestBody.SECONDS));
    return profiles.set(owner, document(wish), Writer.of(request));
  }

  /** Forgets it. */
  @Delete
  @Operation(operationId = "deleteProfile")
  @Status(HttpStatus.NO_CONTENT)
  @Requires(
      scopes = Scope.WRITE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  void delete(HttpRequest<?> request, @QueryValue Optional<String> user) {
    if (!profiles.delete(MemoryOwner.writing(request, user), Writer.of(request))) {
      throw unknown();
    }
  }

  private static String document(ObjectNode wish) {
    if (!(wish.path("document") instanceof ObjectNode document)) {
      throw new ApiException(Failure.invalid("document", "document must be a JSON object."));
    }
    String text = document.toString();
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MOST_BYTES) {
      throw new ApiException(
          Failure.invalid(
              "document",
              "document is at most "
                  + MOST_BYTES
                  + " bytes of JSON without spaces, these are "
                  + bytes
                  + "."));
    }
    if (!isStorable(document)) {
      throw new ApiException(
          Failure.invalid("document", "A text in document has a NUL or half a surrogate pair."));
    }
    return text;
  }

  /** Whether {@code jsonb} takes every text in it. */
  private static boolean isStorable(JsonNode node) {
    return !node.isTextual() && !node.isContainerNode()
        || node.isTextual() && MemoryText.isStorable(node.textValue())
        || node.isContainerNode()
            && node.properties().stream().allMatch(it -> MemoryText.isStorable(it.getKey()))
            && node.valueStream().allMatch(ProfileController::isStorable);
  }

  private static ApiException unknown() {
    return new ApiException(Failure.notFound("You have no profile."));
  }
}

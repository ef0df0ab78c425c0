package dev.hermes.api.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.RequestBody;
import dev.hermes.api.idempotency.Once;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.model.EmbeddingAnswer;
import dev.hermes.api.model.EmbeddingRequest;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** {@code POST /v1/embeddings}, as OpenAI's clients call it. */
@Controller("/v1/embeddings")
final class EmbeddingController {
  private final Embeddings embeddings;

  EmbeddingController(Embeddings embeddings) {
    this.embeddings = embeddings;
  }

  /** A vector for each text. */
  @Once
  @Post
  @Consumes(MediaType.APPLICATION_JSON)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN},
      callback = true)
  @ExecuteOn(TaskExecutors.BLOCKING)
  @Operation(
      operationId = "createEmbedding",
      summary = "Texts as vectors",
      description = "OpenAI's embeddings: input, model, dimensions, encoding_format.")
  @io.swagger.v3.oas.annotations.parameters.RequestBody(
      required = true,
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              schema =
                  @Schema(
                      type = "object",
                      requiredProperties = {"input", "model"})))
  @ApiResponse(
      responseCode = "200",
      description = "A list of embedding objects.",
      content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(type = "object")))
  HttpResponse<?> create(HttpRequest<?> http, @Body CompletableFuture<byte[]> body)
      throws InterruptedException {
    EmbeddingRequest request = EmbeddingReader.read(RequestBody.await(body, RequestBody.SECONDS));
    EmbeddingAnswer answer = embeddings.embed(http, request);
    return HttpResponse.ok(written(request, answer).toString().getBytes(StandardCharsets.UTF_8))
        .contentType(MediaType.APPLICATION_JSON_TYPE)
        .header("Cache-Control", "no-store");
  }

  private static ObjectNode written(EmbeddingRequest request, EmbeddingAnswer answer) {
    ObjectNode list = JsonNodeFactory.instance.objectNode().put("object", "list");
    ArrayNode data = list.putArray("data");
    for (JsonNode vector : answer.vectors()) {
      data.addObject()
          .put("object", "embedding")
          .put("index", data.size() - 1)
          .set("embedding", vector);
    }
    list.put("model", request.model());
    list.putObject("usage")
        .put("prompt_tokens", answer.usage().prompt())
        .put("total_tokens", answer.usage().total());
    return list;
  }
}

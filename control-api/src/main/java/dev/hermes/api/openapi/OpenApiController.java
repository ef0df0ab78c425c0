package dev.hermes.api.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * Serves the description that the build derives from the controllers, with what holds for every
 * POST said once: declared on the methods, it costs those with two paths their operation ids.
 */
@Controller("/v1/openapi")
public final class OpenApiController {
  private final byte[] document = read();

  /** This document. */
  @Get(produces = MediaType.APPLICATION_JSON)
  HttpResponse<byte[]> document() {
    return HttpResponse.ok(document).contentType(MediaType.APPLICATION_JSON_TYPE);
  }

  private static byte[] withKey(byte[] built) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode description = json.readValue(built, ObjectNode.class);
    ObjectNode key = description.withObject("/components/parameters/IdempotencyKey");
    key.put("name", "Idempotency-Key").put("in", "header").put("required", false);
    key.put(
        "description",
        "A key of yours, of visible ASCII characters. What repeats it within a day is not done again"
            + " and gets the first one's answer, with Idempotent-Replayed: true; 409"
            + " idempotency_key_in_use while that is at work, 422 idempotency_key_reused for another"
            + " request.");
    key.putObject("schema").put("type", "string").put("minLength", 1).put("maxLength", 255);
    for (JsonNode path : description.path("paths")) {
      if (path.path("post") instanceof ObjectNode post) {
        post.withArray("/parameters")
            .addObject()
            .put("$ref", "#/components/parameters/IdempotencyKey");
      }
    }
    return json.writeValueAsBytes(description);
  }

  private static byte[] read() {
    try (InputStream in =
        OpenApiController.class.getResourceAsStream("/META-INF/swagger/openapi.json")) {
      if (in == null) {
        throw new IllegalStateException("the build made no openapi.json");
      }
      return withKey(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

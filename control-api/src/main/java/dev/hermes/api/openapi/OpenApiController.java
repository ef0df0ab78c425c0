package dev.hermes.api.openapi;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Serves the description that the build derives from the controllers. */
@Controller("/v1/openapi")
public final class OpenApiController {
  private final byte[] document = read();

  /** This document. */
  @Get(produces = MediaType.APPLICATION_JSON)
  HttpResponse<byte[]> document() {
    return HttpResponse.ok(document).contentType(MediaType.APPLICATION_JSON_TYPE);
  }

  private static byte[] read() {
    try (InputStream in =
        OpenApiController.class.getResourceAsStream("/META-INF/swagger/openapi.json")) {
      if (in == null) {
        throw new IllegalStateException("the build made no openapi.json");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

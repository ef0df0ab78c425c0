package dev.hermes.api.problem;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import java.util.Locale;

/**
 * Writes a {@link Failure}: the members of RFC 9457, beside them OpenAI's {@code error}, because
 * OpenAI's clients read nothing of a bare problem, and {@code code} and {@code message} at the top,
 * where those of E2B look.
 */
public final class ProblemJson {
  static final MediaType TYPE = MediaType.of("application/problem+json");
  private static final ObjectMapper JSON = new ObjectMapper();

  private ProblemJson() {}

  /** The answer to a request that failed. */
  public static MutableHttpResponse<byte[]> answer(HttpRequest<?> request, Failure failure) {
    String requestId = RequestId.of(request);
    MutableHttpResponse<byte[]> response =
        HttpResponse.<byte[]>status(failure.status(), reason(failure.status()))
            .body(bytes(body(failure, requestId)))
            .contentType(TYPE);
    failure.headers().forEach(response::header);
    AnswerHeaders.add(response, requestId);
    return response;
  }

  /** OpenAI's {@code error} object, all four members of it. */
  public static ObjectNode error(Failure failure) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("message", failure.message())
        .put("type", failure.type())
        .put("param", failure.param())
        .put("code", failure.code());
  }

  private static ObjectNode body(Failure failure, String requestId) {
    ObjectNode body =
        JsonNodeFactory.instance
            .objectNode()
            .put("type", "https://hermes.dev/problems/" + name(failure))
            .put("title", reason(failure.status()))
            .put("status", failure.status())
            .put("detail", failure.message())
            .put("code", failure.status())
            .put("message", failure.message())
            .put("request_id", requestId);
    body.set("error", error(failure));
    return body;
  }

  private static String name(Failure failure) {
    String name = failure.code() == null ? reason(failure.status()) : failure.code();
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
  }

  private static String reason(int status) {
    try {
      return HttpStatus.valueOf(status).getReason();
    } catch (IllegalArgumentException e) {
      return "Error";
    }
  }

  private static byte[] bytes(ObjectNode body) {
    try {
      return JSON.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of strings can be written", e);
    }
  }
}

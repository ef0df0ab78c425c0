package dev.hermes.api.idempotency;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.identity.Principal;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.json.JsonMapper;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An answer as bytes: as it is sent, as it is kept, which is without secrets, and back. */
@Singleton
final class AnswerBytes {
  private static final List<String> HEADERS =
      List.of("Content-Type", "Cache-Control", "Location", "Mcp-Session-Id");

  private final JsonMapper mapper;
  private final ObjectMapper json;
  private final List<Secrets> secrets;

  AnswerBytes(JsonMapper mapper, ObjectMapper json, List<Secrets> secrets) {
    this.mapper = mapper;
    this.json = json;
    this.secrets = secrets;
  }

  /** Writes what the answer holds into it, so that what is sent is what is kept. */
  void write(MutableHttpResponse<?> response) throws IOException {
    @Nullable Object body = response.body();
    if (body != null && !(body instanceof byte[])) {
      response.body(
          body instanceof CharSequence text
              ? text.toString().getBytes(StandardCharsets.UTF_8)
              : mapper.writeValueAsBytes(body));
      if (response.getContentType().isEmpty()) {
        response.contentType(MediaType.APPLICATION_JSON_TYPE);
      }
    }
  }

  /** Of a written answer. */
  KeptAnswer keep(MutableHttpResponse<?> response) {
    Map<String, String> headers = new HashMap<>();
    for (String name : HEADERS) {
      Optional.ofNullable(response.getHeaders().get(name))
          .ifPresent(value -> headers.put(name, value));
    }
    byte[] body = response.body() instanceof byte[] bytes ? bytes : new byte[0];
    return new KeptAnswer(
        response.code(), headers, Optional.of(object(body).map(this::without).orElse(body)));
  }

  /** With the secrets it was kept without. */
  MutableHttpResponse<byte[]> restore(Principal caller, MutableHttpResponse<byte[]> kept) {
    byte[] body = kept.body();
    object(body == null ? new byte[0] : body)
        .ifPresent(answer -> {
          secrets.stream()
              .filter(it -> holds(it, answer))
              .forEach(it -> it.restore(caller, answer));
          kept.body(bytes(answer));
        });
    return kept;
  }

  private byte[] without(ObjectNode answer) {
    for (Secrets some : secrets) {
      // the place stays, so that the answer's members come in the same order again
      some.members().stream().filter(answer::has).forEach(it -> answer.put(it, ""));
    }
    return bytes(answer);
  }

  private static boolean holds(Secrets secrets, ObjectNode answer) {
    return secrets.members().stream().anyMatch(answer::has);
  }

  /** The answer, where it is an object with secrets. */
  private Optional<ObjectNode> object(byte[] body) {
    try {
      return json.readTree(body) instanceof ObjectNode object
              && secrets.stream().anyMatch(it -> holds(it, object))
          ? Optional.of(object)
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private byte[] bytes(ObjectNode answer) {
    try {
      return json.writeValueAsBytes(answer);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can be written", e);
    }
  }
}

package dev.hermes.api.model.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.EmbeddingRequest;
import dev.hermes.api.model.ModelRequest;
import java.io.IOException;

/** One wire format of chat with a model. */
public interface Dialect {
  /**
   * Where a call goes to, below the upstream's base URL.
   *
   * @param model as the upstream names it
   */
  String path(String model, boolean stream);

  /** Adds the key as this format carries it. */
  void authorize(Headers request, String key);

  /** Adds what the format wants to see whether there is a key or not. */
  default void headers(Headers request) {}

  /**
   * The request's body.
   *
   * @throws Inexpressible when the request asks for what the format has no words for
   */
  ObjectNode body(ModelRequest request, String model) throws Inexpressible;

  /** Whether the data of an event is no JSON but the end of the stream. */
  default boolean isEnd(String data) {
    return false;
  }

  /** Takes an event of a stream; its {@code error}, if it has one, was looked at before. */
  void event(JsonNode event, AnswerBuilder answer);

  /** Takes an answer that came in one piece. */
  void whole(JsonNode body, AnswerBuilder answer);

  /**
   * Reads a refusal.
   *
   * @param body missing where it is no JSON
   */
  Refusal refusal(int status, JsonNode body);

  /**
   * Where texts are turned into vectors, below the upstream's base URL.
   *
   * @throws Inexpressible when that is nowhere
   */
  default String embeddingPath(String model) throws Inexpressible {
    throw new Inexpressible("model", "This model's provider has no embeddings; name another.");
  }

  /**
   * The body of a request for vectors.
   *
   * @throws Inexpressible when it asks for what the format has no words for
   */
  default ObjectNode embeddingBody(EmbeddingRequest request, String model) throws Inexpressible {
    throw new Inexpressible("model", "This model's provider has no embeddings; name another.");
  }

  /**
   * Reads the vectors.
   *
   * @throws IOException when the body is not what it should be
   */
  default Vectors vectors(JsonNode body, EmbeddingRequest request) throws IOException {
    throw new IOException("no embeddings");
  }
}

package dev.hermes.api.response;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * A response as it is kept.
 *
 * @param previous the one that it follows
 * @param input as the client sent it
 * @param said the messages of a chat that the turn added to it
 * @param object what the client got
 */
public record KeptResponse(
    String id,
    Optional<String> previous,
    JsonNode input,
    List<ObjectNode> said,
    ObjectNode object) {
  public KeptResponse {
    said = List.copyOf(said);
  }
}

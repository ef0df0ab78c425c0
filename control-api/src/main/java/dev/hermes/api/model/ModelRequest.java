package dev.hermes.api.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One call of a model.
 *
 * @param messages OpenAI message objects, oldest first
 * @param tools OpenAI tool objects, those of the platform and of the client
 * @param parameters sampling and the like, passed on as the client sent them
 * @param stream whether text is wanted as it comes
 */
public record ModelRequest(
    String model,
    List<ObjectNode> messages,
    List<JsonNode> tools,
    Optional<JsonNode> toolChoice,
    ObjectNode parameters,
    boolean stream) {

  public ModelRequest {
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
  }

  /** The same of another model. */
  public ModelRequest of(String other) {
    return new ModelRequest(other, messages, tools, toolChoice, parameters, stream);
  }

  /** The same with other messages. */
  public ModelRequest with(List<ObjectNode> others) {
    return new ModelRequest(model, others, tools, toolChoice, parameters, stream);
  }

  /** One of several that are asked the same; a seed must not make them all alike. */
  public ModelRequest sample(int number) {
    ObjectNode varied = parameters.deepCopy();
    if (varied.path("seed").isIntegralNumber()) {
      varied.put("seed", varied.path("seed").longValue() + number);
    }
    return new ModelRequest(model, messages, tools, toolChoice, varied, false);
  }

  /**
   * A question beside the conversation, put last: a text is wanted, whatever form the answer itself
   * has to have.
   */
  public ModelRequest aside(ObjectNode question, int number) {
    List<ObjectNode> all = new ArrayList<>(messages);
    all.add(question);
    ObjectNode plain = sample(number).parameters();
    plain.remove(List.of("response_format", "stop", "parallel_tool_calls", "prediction"));
    return new ModelRequest(model, all, List.of(), Optional.empty(), plain, false);
  }

  /** Of all its messages, for an estimate of their tokens. */
  public long characters() {
    return messages.stream().mapToLong(message -> message.toString().length()).sum();
  }

  /** Whether a function of this name is offered. */
  boolean offers(String function) {
    return tools.stream()
        .anyMatch(tool -> tool.path("function").path("name").asText("").equals(function));
  }
}

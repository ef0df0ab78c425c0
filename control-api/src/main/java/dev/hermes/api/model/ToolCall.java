package dev.hermes.api.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * A call a model asks for.
 *
 * @param arguments JSON as the model wrote it
 * @param extra what its provider wants to see again beside the call, in the form of OpenAI's
 *     clients for Gemini ({@code extra_content})
 */
public record ToolCall(String id, String name, String arguments, Optional<JsonNode> extra) {
  /** The member of a message's tool call that holds {@link #extra}. */
  public static final String EXTRA = "extra_content";

  public ToolCall(String id, String name, String arguments) {
    this(id, name, arguments, Optional.empty());
  }
}

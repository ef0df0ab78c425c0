package dev.hermes.api.model.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ToolCall;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's messages as Gemini's contents: instructions stand apart, a tool's result names the
 * function, and the first call of an answer carries the signature of the thoughts that led to it,
 * which models from Gemini 3 on demand.
 */
final class GeminiContents {
  static final String SIGNATURE = "thoughtSignature";

  /** What Google gives for calls that another model made, or whose signature was lost. */
  private static final String NO_SIGNATURE = "skip_thought_signature_validator";

  private final ArrayNode contents = JsonNodeFactory.instance.arrayNode();
  private final List<String> instructions = new ArrayList<>();
  private final Map<String, String> functions = new HashMap<>();
  private final boolean demandsSignatures;
  private String role = "";
  private @Nullable ArrayNode parts;

  private GeminiContents(String model) {
    this.demandsSignatures = !model.startsWith("gemini-1") && !model.startsWith("gemini-2");
  }

  /** Sets {@code contents}, and {@code systemInstruction} where there are instructions. */
  static void write(List<ObjectNode> conversation, String model, ObjectNode body)
      throws Inexpressible {
    GeminiContents written = new GeminiContents(model);
    for (int i = 0; i < conversation.size(); i++) {
      written.add(conversation.get(i), "messages[" + i + "].content");
    }
    if (!written.instructions.isEmpty()) {
      body.putObject("systemInstruction")
          .putArray("parts")
          .addObject()
          .put("text", String.join("\n\n", written.instructions));
    }
    body.set("contents", written.contents);
  }

  /** As Google's own endpoint for OpenAI's clients writes it. */
  static JsonNode extra(String signature) {
    ObjectNode extra = JsonNodeFactory.instance.objectNode();
    extra.putObject("google").put("thought_signature", signature);
    return extra;
  }

  private void add(ObjectNode message, String param) throws Inexpressible {
    JsonNode content = message.path("content");
    switch (message.path("role").asText()) {
      case "system", "developer" -> instructions.add(Part.text(content, param));
      case "tool" ->
          parts("user")
              .addObject()
              .putObject("functionResponse")
              .put("name", functions.getOrDefault(message.path("tool_call_id").asText(), ""))
              .set("response", Arguments.result(Part.text(content, param)));
      case "assistant" -> {
        content("model", content, param);
        boolean first = true;
        for (JsonNode call : message.path("tool_calls")) {
          call(call, first);
          first = false;
        }
      }
      default -> content("user", content, param);
    }
  }

  private void call(JsonNode call, boolean first) {
    JsonNode function = call.path("function");
    String name = function.path("name").asText();
    functions.put(call.path("id").asText(), name);
    ObjectNode part = parts("model").addObject();
    part.putObject("functionCall")
        .put("name", name)
        .set("args", Arguments.object(function.path("arguments").asText()));
    JsonNode signature = call.path(ToolCall.EXTRA).path("google").path("thought_signature");
    if (signature.isTextual()) {
      part.set(SIGNATURE, signature);
    } else if (first && demandsSignatures) {
      part.put(SIGNATURE, NO_SIGNATURE);
    }
  }

  private void content(String of, JsonNode content, String param) throws Inexpressible {
    for (Part part : Part.of(content, param)) {
      switch (part) {
        case Part.Text text -> parts(of).addObject().put("text", text.text());
        case Part.Data data ->
            parts(of)
                .addObject()
                .putObject("inlineData")
                .put("mimeType", data.media())
                .put("data", data.base64());
        case Part.Remote image ->
            throw new Inexpressible(
                param, "An image is given to this model as a data: URL, not by its address.");
      }
    }
  }

  /** The parts of the last content if it is of that role, else of a new one. */
  private ArrayNode parts(String of) {
    ArrayNode last = parts;
    if (last == null || !role.equals(of)) {
      role = of;
      last = contents.addObject().put("role", of).putArray("parts");
      parts = last;
    }
    return last;
  }
}

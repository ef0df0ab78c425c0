package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.response.KeptResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Writes a response as events in OpenAI's order: created, in progress, each item of the output
 * added, written and done, and the response as it ended. Every event has a number, one more than
 * the last.
 */
final class StreamedResponse implements Answer.Streamed {
  private final ResponseObject response;
  private final boolean toolEvents;
  private final EventSink stream;
  private final ArrayNode output = JsonNodeFactory.instance.arrayNode();
  private final StringBuilder text = new StringBuilder();
  private String message = "";
  private ObjectNode event = JsonNodeFactory.instance.objectNode();
  private int sequence;

  StreamedResponse(ResponseObject response, boolean toolEvents, EventSink stream) {
    this.response = response;
    this.toolEvents = toolEvents;
    this.stream = stream;
  }

  @Override
  public void text(String piece) {
    if (piece.isEmpty()) {
      return;
    }
    begin();
    if (message.isEmpty()) {
      message = response.item("msg_", output.size());
      item("response.output_item.added", ResponseObject.message(message, "in_progress"));
      part("response.content_part.added").set("part", ResponseObject.part(""));
      send();
    }
    text.append(piece);
    part("response.output_text.delta").put("delta", piece).putArray("logprobs");
    send();
  }

  @Override
  public void toolCalls(List<ToolCall> calls) {
    begin();
    endText("completed");
    for (ToolCall call : calls) {
      String item = response.item("fc_", output.size());
      item("response.output_item.added", ResponseObject.call(item, "in_progress", call, ""));
      at("response.function_call_arguments.delta", item).put("delta", call.arguments());
      send();
      at("response.function_call_arguments.done", item)
          .put("name", call.name())
          .put("arguments", call.arguments());
      send();
      ObjectNode done = ResponseObject.call(item, "completed", call, call.arguments());
      item("response.output_item.done", done);
      output.add(done);
    }
  }

  @Override
  public void tool(ToolProgress progress) {
    if (toolEvents) {
      begin();
      event("hermes." + progress.type()).setAll(progress.json());
      send();
    }
  }

  @Override
  public Optional<KeptResponse> kept(LoopEnd end, TokenUsage usage, List<ObjectNode> said) {
    ArrayNode items = output.deepCopy();
    if (!message.isEmpty()) {
      items.add(ResponseObject.message(message, ResponseObject.status(end), text.toString()));
    }
    return response.kept(response.ended(items, end, usage), said);
  }

  @Override
  public void end(LoopEnd end, TokenUsage usage) {
    begin();
    String status = ResponseObject.status(end);
    endText(status);
    event("response." + status).set("response", response.ended(output, end, usage));
    send();
    stream.complete();
  }

  @Override
  public void fail(Failure failure) {
    begin();
    endText("incomplete");
    event("response.failed").set("response", response.failed(output, failure));
    send();
    stream.complete();
  }

  @Override
  public boolean begun() {
    return stream.hasStarted();
  }

  private void begin() {
    if (sequence == 0) {
      event("response.created").set("response", response.inProgress());
      send();
      event("response.in_progress").set("response", response.inProgress());
      send();
    }
  }

  private void endText(String status) {
    if (message.isEmpty()) {
      return;
    }
    part("response.output_text.done").put("text", text.toString()).putArray("logprobs");
    send();
    part("response.content_part.done").set("part", ResponseObject.part(text.toString()));
    send();
    ObjectNode done = ResponseObject.message(message, status, text.toString());
    item("response.output_item.done", done);
    output.add(done);
    message = "";
    text.setLength(0);
  }

  /** Begins the next event; {@link #send} sends it. */
  private ObjectNode event(String type) {
    event = JsonNodeFactory.instance.objectNode().put("type", type);
    return event.put("sequence_number", sequence++);
  }

  private ObjectNode at(String type, String item) {
    return event(type).put("item_id", item).put("output_index", output.size());
  }

  private ObjectNode part(String type) {
    return at(type, message).put("content_index", 0);
  }

  private void item(String type, ObjectNode item) {
    event(type).put("output_index", output.size()).set("item", item);
    send();
  }

  private void send() {
    String frame = "event: " + event.path("type").textValue() + "\ndata: " + event + "\n\n";
    stream.send(frame.getBytes(StandardCharsets.UTF_8));
  }
}

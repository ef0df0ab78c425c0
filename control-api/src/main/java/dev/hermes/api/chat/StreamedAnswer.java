package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.ProblemJson;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Writes an answer as events, in the order that OpenAI's clients rely on: the role once, then text
 * or calls, the finish reason, the usage alone if it was asked for, and {@code [DONE]}.
 */
final class StreamedAnswer implements Answer.Streamed {
  private final Completion completion;
  private final boolean includeUsage;
  private final boolean toolEvents;
  private final EventSink stream;
  private boolean begun;

  StreamedAnswer(
      Completion completion, boolean includeUsage, boolean toolEvents, EventSink stream) {
    this.completion = completion;
    this.includeUsage = includeUsage;
    this.toolEvents = toolEvents;
    this.stream = stream;
  }

  @Override
  public void text(String piece) {
    if (!piece.isEmpty()) {
      begin();
      delta(object().put("content", piece));
    }
  }

  @Override
  public void toolCalls(List<ToolCall> calls) {
    begin();
    for (int i = 0; i < calls.size(); i++) {
      // id and name once: Python's client glues together whatever comes twice
      ObjectNode first = Completion.call(calls.get(i), "").put("index", i);
      callDelta(first);
      ObjectNode arguments = object().put("index", i);
      arguments.putObject("function").put("arguments", calls.get(i).arguments());
      callDelta(arguments);
    }
  }

  @Override
  public void tool(ToolProgress progress) {
    if (toolEvents) {
      begin();
      send(completion.event(progress, includeUsage));
    }
  }

  @Override
  public void end(LoopEnd end, TokenUsage usage) {
    begin();
    send(completion.chunk(object(), Optional.of(end), includeUsage));
    if (includeUsage) {
      send(completion.usageChunk(usage));
    }
    stream.send(frame("[DONE]"));
    stream.complete();
  }

  /** The stream ends without [DONE] then. */
  @Override
  public void fail(Failure failure) {
    ObjectNode event = object();
    event.set("error", ProblemJson.error(failure));
    stream.send(frame(event.toString()));
    stream.complete();
  }

  @Override
  public boolean begun() {
    return stream.hasStarted();
  }

  private void begin() {
    if (!begun) {
      begun = true;
      delta(object().put("role", "assistant").put("content", ""));
    }
  }

  private void callDelta(ObjectNode call) {
    ObjectNode delta = object();
    delta.putArray("tool_calls").add(call);
    delta(delta);
  }

  private void delta(ObjectNode delta) {
    send(completion.chunk(delta, Optional.empty(), includeUsage));
  }

  private void send(JsonNode chunk) {
    stream.send(frame(chunk.toString()));
  }

  private static byte[] frame(String data) {
    return ("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8);
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}

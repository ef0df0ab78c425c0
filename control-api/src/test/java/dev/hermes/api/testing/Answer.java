package dev.hermes.api.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;

/** An answer of the API as a client reads it. */
public record Answer(int status, HttpResponse<?> http, String text) {
  private static final ObjectMapper JSON = new ObjectMapper();

  public JsonNode json() {
    return parse(text);
  }

  public String header(String name) {
    return http.headers().firstValue(name).orElse("");
  }

  /** What a user reads of a completion. */
  public String content() {
    return json().at("/choices/0/message/content").asText();
  }

  public String errorCode() {
    return json().at("/error/code").asText();
  }

  /** The data of each event, whether it has a name or not. */
  public List<String> events() {
    List<String> events = new ArrayList<>();
    for (String block : text.split("\n\n", -1)) {
      String data = block.replaceFirst("^event: \\S+\n", "");
      if (data.startsWith("data: ")) {
        events.add(data.substring("data: ".length()));
      }
    }
    return events;
  }

  /** The JSON of each event but [DONE]. */
  public List<JsonNode> chunks() {
    return events().stream().filter(it -> !it.equals("[DONE]")).map(Answer::parse).toList();
  }

  /** The text of a stream, put together. */
  public String streamedText() {
    StringBuilder all = new StringBuilder();
    chunks().forEach(it -> all.append(it.at("/choices/0/delta/content").asText("")));
    return all.toString();
  }

  private static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (java.io.IOException e) {
      throw new IllegalStateException("not JSON: " + text, e);
    }
  }
}

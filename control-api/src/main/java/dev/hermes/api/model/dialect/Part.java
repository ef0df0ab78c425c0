package dev.hermes.api.model.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A part of a message's content. */
sealed interface Part {
  record Text(String text) implements Part {}

  /**
   * Something that is not text.
   *
   * @param media its MIME type
   * @param base64 its bytes
   */
  record Data(String media, String base64) implements Part {}

  /** An image that the upstream is to fetch; nothing here fetches what a client names. */
  record Remote(String url) implements Part {}

  Pattern DATA_URL =
      Pattern.compile("data:([-\\w.+/]+)(?:;[-\\w.=]+)*;base64,(.*)", Pattern.DOTALL);

  /**
   * The parts of OpenAI's content, a text or a list; texts without a character are left out.
   *
   * @param param what errors call the content
   */
  static List<Part> of(JsonNode content, String param) throws Inexpressible {
    List<Part> parts = new ArrayList<>();
    if (content.isTextual()) {
      text(content.textValue()).ifPresent(parts::add);
      return parts;
    }
    for (JsonNode part : content) {
      switch (part.path("type").asText()) {
        case "text" -> text(part.path("text").asText()).ifPresent(parts::add);
        case "refusal" -> text(part.path("refusal").asText()).ifPresent(parts::add);
        case "image_url" -> parts.add(image(part.path("image_url").path("url").asText()));
        case "input_audio" -> {
          JsonNode audio = part.path("input_audio");
          String format = audio.path("format").asText("wav").toLowerCase(Locale.ROOT);
          parts.add(new Data("audio/" + format, audio.path("data").asText()));
        }
        case "file" -> parts.add(file(part.path("file"), param));
        default ->
            throw new Inexpressible(
                param,
                "A content part of type '%s' cannot be given to this model."
                    .formatted(part.path("type").asText()));
      }
    }
    return parts;
  }

  /** The texts alone, a line each. */
  static String text(JsonNode content, String param) throws Inexpressible {
    List<String> texts = new ArrayList<>();
    for (Part part : of(content, param)) {
      if (!(part instanceof Text text)) {
        throw new Inexpressible(param, "Only text can be given to this model here.");
      }
      texts.add(text.text());
    }
    return String.join("\n", texts);
  }

  private static Optional<Part> text(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(new Text(text));
  }

  private static Part image(String url) {
    Matcher data = DATA_URL.matcher(url);
    return data.matches() ? new Data(data.group(1), data.group(2)) : new Remote(url);
  }

  private static Part file(JsonNode file, String param) throws Inexpressible {
    Matcher data = DATA_URL.matcher(file.path("file_data").asText());
    if (!data.matches()) {
      throw new Inexpressible(param, "A file is given to this model as a data: URL in file_data.");
    }
    return new Data(data.group(1), data.group(2));
  }
}

package dev.hermes.api.trace;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** Hears what this process logs and writes it with the encoder of the shipped configuration. */
final class JsonLog implements AutoCloseable {
  private static final Path SHIPPED = Path.of("src/main/resources/logback.xml");

  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private final Logger ours = (Logger) LoggerFactory.getLogger("dev.hermes");
  private final AppenderBase<ILoggingEvent> appender;

  private JsonLog(Encoder<ILoggingEvent> encoder) {
    this.appender =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            lines.add(new String(encoder.encode(event), StandardCharsets.UTF_8));
          }
        };
    appender.setContext(root.getLoggerContext());
    appender.start();
    root.addAppender(appender);
    ours.setLevel(Level.DEBUG);
  }

  static JsonLog hear() {
    ConsoleAppender<ILoggingEvent> console =
        (ConsoleAppender<ILoggingEvent>)
            shipped("DEBUG").getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).getAppender("stdout");
    return new JsonLog(console.getEncoder());
  }

  /** The shipped configuration as it is at that level; null: where none is set. */
  static LoggerContext shipped(String level) {
    LoggerContext context = new LoggerContext();
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    if (level != null) {
      System.setProperty("HERMES_LOG_LEVEL", level);
    }
    try {
      configurator.doConfigure(SHIPPED.toFile());
    } catch (ch.qos.logback.core.joran.spi.JoranException e) {
      throw new IllegalStateException(e);
    } finally {
      System.clearProperty("HERMES_LOG_LEVEL");
    }
    return context;
  }

  List<String> lines() {
    return List.copyOf(lines);
  }

  /** Each line parsed, of those with these words in their message. */
  List<JsonNode> saying(String words) {
    return lines.stream()
        .map(JsonLog::parse)
        .filter(line -> line.path("formattedMessage").asText().contains(words))
        .toList();
  }

  static JsonNode parse(String line) {
    try {
      return new ObjectMapper().readTree(line);
    } catch (java.io.IOException e) {
      throw new UncheckedIOException("no JSON: " + line, e);
    }
  }

  @Override
  public void close() {
    ours.setLevel(null);
    root.detachAppender(appender);
  }
}

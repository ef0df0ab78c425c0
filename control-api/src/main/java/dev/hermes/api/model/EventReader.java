package dev.hermes.api.model;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads the data of server-sent events; comments, ids and names are passed over. */
final class EventReader {
  private final InputStream in;
  private long left;

  EventReader(InputStream in, long mostBytes) {
    this.in = new BufferedInputStream(in);
    this.left = mostBytes;
  }

  /** The data of the next event, its lines joined; empty at the end. */
  Optional<String> next() throws IOException {
    StringBuilder data = new StringBuilder();
    boolean any = false;
    for (Optional<String> line = line(); line.isPresent(); line = line()) {
      String text = line.get();
      if (text.isEmpty() && any) {
        return Optional.of(data.toString());
      }
      if (text.startsWith("data:")) {
        data.append(any ? "\n" : "").append(text.substring(5).stripLeading());
        any = true;
      }
    }
    // an event without its blank line was cut off
    return Optional.empty();
  }

  private Optional<String> line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    for (int b = in.read(); b >= 0; b = in.read()) {
      if (--left < 0) {
        throw new IOException("the stream is larger than allowed");
      }
      if (b == '\n') {
        String text = line.toString(StandardCharsets.UTF_8);
        return Optional.of(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
      }
      line.write(b);
    }
    return Optional.empty();
  }
}

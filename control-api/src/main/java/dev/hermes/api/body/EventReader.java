package dev.hermes.api.body;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads the data of server-sent events; comments, ids and names are passed over. */
public final class EventReader {
  private final InputStream in;
  // small, since a stream that waits holds it, and the client below buffers as well
  private final byte[] buffer = new byte[2048];
  private long left;
  private int from;
  private int to;

  public EventReader(InputStream in, long mostBytes) {
    this.in = in;
    this.left = mostBytes;
  }

  /** The data of the next event, its lines joined; empty at the end. */
  public Optional<String> next() throws IOException {
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

  /** Empty at the end, also for a line that was cut off there. */
  private Optional<String> line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    while (fill()) {
      int end = from;
      while (end < to && buffer[end] != '\n') {
        end++;
      }
      line.write(buffer, from, end - from);
      boolean whole = end < to;
      from = whole ? end + 1 : end;
      if (whole) {
        String text = line.toString(StandardCharsets.UTF_8);
        return Optional.of(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
      }
    }
    return Optional.empty();
  }

  /** Waits for bytes if there are none; false at the end. */
  private boolean fill() throws IOException {
    if (from < to) {
      return true;
    }
    from = 0;
    to = Math.max(in.read(buffer), 0);
    left -= to;
    if (left < 0) {
      throw new IOException("the stream is larger than allowed");
    }
    return to > 0;
  }
}

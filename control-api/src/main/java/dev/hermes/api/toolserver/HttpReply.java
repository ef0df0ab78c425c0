package dev.hermes.api.toolserver;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * An answer of HTTP/1.1 on a connection that carries no other (RFC 9112).
 *
 * @param headers by their names in lower case; of one that comes twice the last
 */
record HttpReply(int status, Map<String, String> headers, InputStream body) {
  private static final int MOST_HEAD = 32 * 1024;

  /** Reads the head; the body is read as it comes. */
  static HttpReply read(InputStream in) throws IOException {
    while (true) {
      Head head = new Head(in);
      int status = status(head.line());
      Map<String, String> headers = new HashMap<>();
      for (String line = head.line(); !line.isEmpty(); line = head.line()) {
        int colon = line.indexOf(':');
        if (colon < 1) {
          throw new IOException("a header is not one");
        }
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
      // 100 and the like are followed by the answer
      if (status >= 200) {
        return new HttpReply(status, headers, body(in, status, headers));
      }
    }
  }

  Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name));
  }

  /** Whether the body is of this media type, whatever its parameters. */
  boolean is(String type) {
    return header("content-type")
        .map(it -> it.split(";", 2)[0].strip().equalsIgnoreCase(type))
        .orElse(false);
  }

  private static int status(String line) throws IOException {
    if (!line.matches("HTTP/1\\.[01] [1-5][0-9][0-9]( .*)?")) {
      throw new IOException("the answer is not HTTP/1.1");
    }
    return Integer.parseInt(line.substring(9, 12));
  }

  private static InputStream body(InputStream in, int status, Map<String, String> headers)
      throws IOException {
    if (status == 204 || status == 304) {
      return InputStream.nullInputStream();
    }
    String coding = headers.get("transfer-encoding");
    if (coding != null) {
      if (!coding.equalsIgnoreCase("chunked")) {
        throw new IOException("the answer has a transfer coding that was not asked for");
      }
      return new ChunkedBody(in);
    }
    String length = headers.get("content-length");
    if (length == null) {
      return in;
    }
    if (!length.matches("[0-9]{1,18}")) {
      throw new IOException("the answer's length is not a number");
    }
    return new LengthBody(in, Long.parseLong(length));
  }

  /** The lines of one head, which has a bound. */
  private static final class Head {
    private final InputStream in;
    private int left = MOST_HEAD;

    Head(InputStream in) {
      this.in = in;
    }

    String line() throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream(128);
      for (int read = in.read(); read != '\n'; read = in.read()) {
        if (read < 0) {
          throw new EOFException("the connection ended before the answer");
        }
        if (--left < 0) {
          throw new IOException("the answer's head is too long");
        }
        line.write(read);
      }
      String text = line.toString(StandardCharsets.ISO_8859_1);
      return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }
  }
}

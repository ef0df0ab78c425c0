package dev.hermes.operator.faults;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One HTTP/1.1 message (RFC 9112) with its body in memory, as far as a client of the API server and
 * the API server itself use it: Content-Length or chunks, no trailers.
 */
record HttpMessage(String start, List<String> headers, byte[] body) {

  /** Reads a head; empty when the other side has closed. */
  static Optional<HttpMessage> head(InputStream in) throws IOException {
    String start = line(in);
    if (start == null) {
      return Optional.empty();
    }
    List<String> headers = new ArrayList<>();
    for (String line = line(in); line != null && !line.isEmpty(); line = line(in)) {
      headers.add(line);
    }
    return Optional.of(new HttpMessage(start, headers, new byte[0]));
  }

  static HttpMessage answer(int status, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return new HttpMessage(
        "HTTP/1.1 " + status + " Fault",
        List.of("Content-Type: application/json", "Content-Length: " + bytes.length),
        bytes);
  }

  /** The same message with its body, read to the end. */
  HttpMessage withBody(InputStream in) throws IOException {
    if (isChunked()) {
      List<String> fixed = new ArrayList<>(headers);
      fixed.removeIf(header -> named(header, "transfer-encoding"));
      byte[] whole = chunks(in);
      fixed.add("Content-Length: " + whole.length);
      return new HttpMessage(start, fixed, whole);
    }
    int length = header("content-length").map(Integer::parseInt).orElse(0);
    return new HttpMessage(start, headers, exactly(in, length));
  }

  /** The same with another text in its body, where it first stands. */
  HttpMessage replacing(String old, String now) {
    byte[] bytes =
        text()
            .replaceFirst(Pattern.quote(old), Matcher.quoteReplacement(now))
            .getBytes(StandardCharsets.UTF_8);
    List<String> fixed = new ArrayList<>(headers);
    fixed.removeIf(header -> named(header, "content-length"));
    fixed.add("Content-Length: " + bytes.length);
    return new HttpMessage(start, fixed, bytes);
  }

  /** The same as a dry run: the answer is that of success, and nothing was done. */
  HttpMessage asDryRun() {
    if (method().equals("DELETE")) {
      // options in the body make the API server ignore those of the query
      return replacing("{", "{\"dryRun\":[\"All\"],");
    }
    String mark = target().contains("?") ? "&" : "?";
    return new HttpMessage(start.replace(target(), target() + mark + "dryRun=All"), headers, body);
  }

  boolean isChunked() {
    return header("transfer-encoding").filter("chunked"::equalsIgnoreCase).isPresent();
  }

  Optional<String> header(String name) {
    return headers.stream()
        .filter(header -> named(header, name))
        .map(header -> header.substring(header.indexOf(':') + 1).strip())
        .findFirst();
  }

  String method() {
    return start.substring(0, start.indexOf(' '));
  }

  String target() {
    return start.split(" ", 3)[1];
  }

  /** Of an answer. */
  int status() {
    return Integer.parseInt(start.split(" ", 3)[1]);
  }

  String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  void write(OutputStream out) throws IOException {
    StringBuilder head = new StringBuilder(start).append("\r\n");
    headers.forEach(header -> head.append(header).append("\r\n"));
    out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    out.write(body);
    out.flush();
  }

  private static boolean named(String header, String name) {
    return header.toLowerCase(Locale.ROOT).startsWith(name + ":");
  }

  private static byte[] chunks(InputStream in) throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    while (true) {
      String size = line(in);
      if (size == null) {
        throw new EOFException("in a chunk");
      }
      int length = Integer.parseInt(size.split(";", 2)[0].strip(), 16);
      whole.write(exactly(in, length));
      line(in);
      if (length == 0) {
        return whole.toByteArray();
      }
    }
  }

  private static byte[] exactly(InputStream in, int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("in a body");
    }
    return bytes;
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next >= 0; next = in.read()) {
      if (next == '\n') {
        return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
      }
      line.write(next);
    }
    return line.size() == 0 ? null : line.toString(StandardCharsets.ISO_8859_1);
  }
}

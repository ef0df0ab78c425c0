package dev.hermes.egress.http;

import java.util.List;
import java.util.regex.Pattern;

/** How long the body of a message is (RFC 9112 §6); two answers to that are an error. */
public sealed interface Framing {
  /** No body. */
  record None() implements Framing {}

  /** That many bytes. */
  record Length(long bytes) implements Framing {}

  /** Chunks. */
  record Chunked() implements Framing {}

  /** Up to the end of the connection; responses only. */
  record UntilClose() implements Framing {}

  Pattern DIGITS = Pattern.compile("[0-9]{1,18}");

  /** What the fields say. */
  static Framing of(Head head, Framing otherwise) throws BadMessage {
    List<String> lengths = head.all("content-length");
    List<String> codings = head.all("transfer-encoding");
    if (!codings.isEmpty()) {
      if (!lengths.isEmpty()) {
        throw new BadMessage("both Content-Length and Transfer-Encoding");
      }
      if (codings.size() != 1 || !codings.getFirst().equalsIgnoreCase("chunked")) {
        throw new BadMessage("a Transfer-Encoding other than chunked");
      }
      return new Chunked();
    }
    if (lengths.isEmpty()) {
      return otherwise;
    }
    if (lengths.size() != 1 || !DIGITS.matcher(lengths.getFirst()).matches()) {
      throw new BadMessage("more than one Content-Length, or one that is no number");
    }
    long bytes = Long.parseLong(lengths.getFirst());
    return bytes == 0 ? new None() : new Length(bytes);
  }
}

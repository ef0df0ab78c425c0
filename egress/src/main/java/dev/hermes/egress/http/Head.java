package dev.hermes.egress.http;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The first line and the fields of a message, read as RFC 9112 has them and no laxer: CRLF only, no
 * folded lines, no space before a colon, no control characters.
 */
public record Head(String line, List<Header> headers) {
  /** The most bytes of a head. */
  public static final int MOST = 16 * 1024;

  private static final int MOST_FIELDS = 128;
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

  /**
   * Where the head ends in what came so far.
   *
   * @param from index up to which an earlier call looked
   * @return index behind its empty line; -1: not yet
   */
  public static int end(byte[] bytes, int from, int length) throws BadMessage {
    for (int i = from; i < length; i++) {
      if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r')) {
        throw new BadMessage("a line ends without a carriage return");
      }
      if (bytes[i] == '\n' && i >= 3 && bytes[i - 2] == '\n') {
        return i + 1;
      }
    }
    return -1;
  }

  /**
   * @param text a whole head, the empty line included, in ISO 8859-1
   */
  public static Head parse(String text) throws BadMessage {
    if (!text.endsWith("\r\n\r\n")) {
      throw new BadMessage("the head does not end");
    }
    String[] lines = text.substring(0, text.length() - 4).split("\r\n", -1);
    if (lines.length - 1 > MOST_FIELDS) {
      throw new BadMessage("more than " + MOST_FIELDS + " header fields");
    }
    List<Header> headers = new ArrayList<>();
    for (int i = 0; i < lines.length; i++) {
      plain(lines[i]);
      if (i > 0) {
        headers.add(field(lines[i]));
      }
    }
    return new Head(lines[0], List.copyOf(headers));
  }

  private static void plain(String line) throws BadMessage {
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f) {
        throw new BadMessage("a control character in the head");
      }
    }
  }

  private static Header field(String line) throws BadMessage {
    int colon = line.indexOf(':');
    if (colon < 0 || !TOKEN.matcher(line.substring(0, colon)).matches()) {
      throw new BadMessage("a header line is no name and value, or is folded");
    }
    return new Header(line.substring(0, colon), strip(line.substring(colon + 1)));
  }

  private static String strip(String value) {
    int from = 0;
    int to = value.length();
    while (from < to && isSpace(value.charAt(from))) {
      from++;
    }
    while (to > from && isSpace(value.charAt(to - 1))) {
      to--;
    }
    return value.substring(from, to);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t';
  }

  /** All values of a field, in order. */
  public List<String> all(String name) {
    return headers.stream().filter(header -> header.is(name)).map(Header::value).toList();
  }

  /** The members of a field that is a list. */
  Stream<String> members(String name) {
    return all(name).stream()
        .flatMap(value -> Stream.of(value.split(",", -1)))
        .map(Head::strip)
        .filter(member -> !member.isEmpty());
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(line).append("\r\n");
    headers.forEach(
        header -> text.append(header.name()).append(": ").append(header.value()).append("\r\n"));
    return text.append("\r\n").toString();
  }
}

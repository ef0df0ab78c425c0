package dev.hermes.egress.http;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The head of an upstream's answer.
 *
 * @param head what the client gets
 */
public record Response(int status, Head head, Framing framing) {
  private static final Pattern LINE = Pattern.compile("HTTP/1\\.[01] ([1-5][0-9][0-9])( .*)?");

  /**
   * Reads an answer to a request with this method.
   *
   * @throws BadMessage also for 101: nothing is upgraded through this proxy
   */
  public static Response of(Head head, String method) throws BadMessage {
    Matcher line = LINE.matcher(head.line());
    if (!line.matches()) {
      throw new BadMessage("its first line is not that of an HTTP/1.1 response");
    }
    int status = Integer.parseInt(line.group(1));
    if (status == 101) {
      throw new BadMessage("it changes the protocol");
    }
    boolean bare = method.equals("HEAD") || status == 204 || status == 304 || status < 200;
    Framing declared = Framing.of(head, new Framing.UntilClose());
    return new Response(
        status,
        new Head(head.line(), status < 200 ? List.of() : HopByHop.without(head)),
        bare ? new Framing.None() : declared);
  }

  /** Another answer follows. */
  public boolean isInterim() {
    return status < 200;
  }
}

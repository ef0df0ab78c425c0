package dev.hermes.api.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;

/**
 * What an upstream says, once its headers are there. A body that was read to its end leaves its
 * connection to the next call; closing the reply before that ends the connection at once.
 */
final class UpstreamReply implements AutoCloseable {
  /** What may follow the last event: a blank line, and the end of the chunks. */
  private static final int MOST_REST = 1024;

  private final ClassicHttpResponse response;
  private final Runnable end;
  private final InputStream body;
  private final long length;
  private boolean left;

  /**
   * @param end ends the exchange; does nothing to one whose body was read to its end
   */
  UpstreamReply(ClassicHttpResponse response, Runnable end) throws IOException {
    HttpEntity entity = response.getEntity();
    this.response = response;
    this.end = end;
    this.body = entity == null ? InputStream.nullInputStream() : entity.getContent();
    this.length = entity == null ? 0 : entity.getContentLength();
  }

  int status() {
    return response.getCode();
  }

  /** The first of this name. */
  Optional<String> header(String name) {
    return Optional.ofNullable(response.getFirstHeader(name)).map(Header::getValue);
  }

  /** Never closed itself: that would wait for all that is still to come. */
  InputStream body() {
    return body;
  }

  /**
   * The body, in bytes that are text: one that is no UTF-8 costs one character and not the answer.
   *
   * @param most bytes that are read
   */
  String text(int most) throws IOException {
    if (length < 0 || length > most) {
      return new String(body.readNBytes(most), UTF_8);
    }
    // no more than what was said is reserved; and one look behind it, which finds the end
    byte[] read = body.readNBytes((int) length);
    rest();
    return new String(read, UTF_8);
  }

  /** Who calls it has read the last event, and waits for the end of the body elsewhere. */
  void leave() {
    left = true;
  }

  /** Waits for a body's end, where the rest is small. */
  void rest() throws IOException {
    if (body.readNBytes(MOST_REST).length == MOST_REST) {
      end();
    }
  }

  @Override
  public void close() {
    if (!left) {
      end();
    }
  }

  /** Ends the exchange at once, from whatever thread. */
  void end() {
    end.run();
  }
}

package dev.hermes.api.toolserver;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** A body in chunks (RFC 9112, 7.1). Trailers are left on the connection, which is closed. */
final class ChunkedBody extends InputStream {
  private static final int MOST_SIZE_LINE = 1024;

  private final InputStream in;
  private InputStream chunk = InputStream.nullInputStream();
  private boolean first = true;
  private boolean ended;

  ChunkedBody(InputStream in) {
    this.in = in;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (!ended) {
      int read = chunk.read(buffer, offset, length);
      if (read > 0) {
        return read;
      }
      next();
    }
    return -1;
  }

  private void next() throws IOException {
    if (!first && !line().isEmpty()) {
      throw new IOException("a chunk is longer than it says");
    }
    first = false;
    String size = line().split(";", 2)[0].strip();
    if (!size.matches("[0-9A-Fa-f]{1,8}")) {
      throw new IOException("a chunk has no size");
    }
    long length = Long.parseLong(size, 16);
    ended = length == 0;
    chunk = new LengthBody(in, length);
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int read = in.read(); read != '\n'; read = in.read()) {
      if (read < 0) {
        throw new EOFException("the answer broke off");
      }
      if (line.length() == MOST_SIZE_LINE) {
        throw new IOException("a chunk's size is too long");
      }
      line.append((char) read);
    }
    int end = line.length();
    return end > 0 && line.charAt(end - 1) == '\r' ? line.substring(0, end - 1) : line.toString();
  }
}

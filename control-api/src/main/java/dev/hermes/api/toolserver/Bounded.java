package dev.hermes.api.toolserver;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream that fails behind so many bytes. */
final class Bounded extends FilterInputStream {
  private long left;

  Bounded(InputStream in, long most) {
    super(in);
    this.left = most;
  }

  /** There was more. */
  static final class Exceeded extends IOException {
    private static final long serialVersionUID = 1L;
  }

  @Override
  public int read() throws IOException {
    return count(super.read(), 1);
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int read = super.read(buffer, offset, length);
    return count(read, Math.max(read, 0));
  }

  private int count(int read, int bytes) throws Exceeded {
    left -= read < 0 ? 0 : bytes;
    if (left < 0) {
      throw new Exceeded();
    }
    return read;
  }
}

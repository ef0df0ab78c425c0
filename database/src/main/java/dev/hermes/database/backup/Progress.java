package dev.hermes.database.backup;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells how far a long table is, every ten seconds. Counts bytes before compression. */
final class Progress extends FilterOutputStream {
  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);
  private static final Duration PERIOD = Duration.ofSeconds(10);
  private static final long MEGA = 1_000_000;

  private final String what;
  private long bytes;
  private long told = System.nanoTime();

  Progress(OutputStream out, String what) {
    super(out);
    this.what = what;
  }

  @Override
  public void write(byte[] buffer, int offset, int length) throws IOException {
    out.write(buffer, offset, length);
    add(length);
  }

  @Override
  public void write(int b) throws IOException {
    out.write(b);
    add(1);
  }

  private void add(int length) {
    bytes += length;
    long now = System.nanoTime();
    if (now - told >= PERIOD.toNanos()) {
      told = now;
      LOG.info("{}: {} MB so far", what, bytes / MEGA);
    }
  }
}

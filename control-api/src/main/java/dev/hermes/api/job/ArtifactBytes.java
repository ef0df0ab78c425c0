package dev.hermes.api.job;

import dev.hermes.database.access.TenantId;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.UUID;

/** The bytes of an artefact, of which one chunk is held at a time. */
final class ArtifactBytes extends InputStream {
  private final ArtifactRows rows;
  private final TenantId tenant;
  private final UUID job;
  private final Artifact artifact;
  private byte[] chunk = new byte[0];
  private int at;
  private int next;
  private long left;

  ArtifactBytes(ArtifactRows rows, TenantId tenant, UUID job, Artifact artifact) {
    this.rows = rows;
    this.tenant = tenant;
    this.job = job;
    this.artifact = artifact;
    this.left = artifact.size();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (left == 0) {
      return -1;
    }
    if (at == chunk.length) {
      Optional<byte[]> more = rows.read(tenant, job, artifact.number(), next++);
      // removed or expired meanwhile: the reader must not take what it has for the whole
      chunk = more.orElseThrow(() -> new IOException("the artefact is not there any more"));
      at = 0;
    }
    int count = Math.min(length, chunk.length - at);
    System.arraycopy(chunk, at, into, offset, count);
    at += count;
    left -= count;
    return count;
  }

  @Override
  public int available() {
    return chunk.length - at;
  }
}

package dev.hermes.api.dataplane;

import dev.hermes.api.body.Sha256;
import dev.hermes.api.receipt.Content;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/** Counts and hashes a stream that passes, and holds nothing of it. */
final class Passed {
  private final MessageDigest digest = Sha256.digest();
  private long bytes;

  void add(ByteBuf part) {
    bytes += part.readableBytes();
    for (ByteBuffer buffer : part.nioBuffers()) {
      digest.update(buffer);
    }
  }

  /** What has passed; to be asked once, at the end. */
  Content content() {
    return new Content(Sha256.of(digest), bytes);
  }
}

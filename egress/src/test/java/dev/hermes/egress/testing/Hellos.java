package dev.hermes.egress.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/** First messages of TLS connections: real ones of the JDK, and made ones. */
public final class Hellos {
  private Hellos() {}

  /** What the JDK sends to a server of that name. */
  public static byte[] real(String serverName) throws Exception {
    SSLEngine engine = SSLContext.getDefault().createSSLEngine();
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(serverName)));
    engine.setSSLParameters(parameters);
    ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), out);
    return Arrays.copyOf(out.array(), out.position());
  }

  /** With these extensions and nothing else. */
  public static byte[] made(byte[]... extensions) {
    byte[] all = concat(extensions);
    byte[] body =
        concat(
            new byte[] {3, 3},
            new byte[32],
            new byte[] {0},
            new byte[] {0, 2, 0x13, 0x01},
            new byte[] {1, 0},
            length(all.length),
            all);
    return record(concat(new byte[] {1, (byte) (body.length >> 16)}, length(body.length), body));
  }

  /** The payload of a record, cut into records of a size. */
  public static byte[] fragmented(byte[] hello, int size) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int at = 5; at < hello.length; at += size) {
      out.writeBytes(record(Arrays.copyOfRange(hello, at, Math.min(hello.length, at + size))));
    }
    return out.toByteArray();
  }

  public static byte[] record(byte[] payload) {
    return concat(new byte[] {22, 3, 1}, length(payload.length), payload);
  }

  public static byte[] serverName(String name) {
    byte[] text = name.getBytes(StandardCharsets.ISO_8859_1);
    return extension(0, concat(length(text.length + 3), new byte[] {0}, length(text.length), text));
  }

  public static byte[] extension(int type, byte[] body) {
    return concat(length(type), length(body.length), body);
  }

  private static byte[] length(int length) {
    return new byte[] {(byte) (length >> 8), (byte) length};
  }

  public static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}

package dev.hermes.egress.tls;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the first message of a TLS connection (RFC 8446 §4.1.2, RFC 6066 §3) out of the bytes that
 * came so far; pure. The message may be spread over records, and records over reads.
 */
public sealed interface ClientHello {
  /**
   * The most bytes, records included, that a first message may take; usual ones have 300 to 2000.
   */
  int MOST = 16 * 1024;

  /**
   * More bytes are needed.
   *
   * @param atLeast how many there must be for another look to be worth it
   */
  record Incomplete(int atLeast) implements ClientHello {}

  /** These bytes do not begin a TLS connection. */
  record NotTls() implements ClientHello {}

  /** A message that no TLS client sends. */
  record Malformed(String what) implements ClientHello {}

  /**
   * @param serverName in lower case; empty: the client names no server
   * @param encrypted the client hides another name (RFC 9849, or its draft's grease)
   */
  record Read(Optional<String> serverName, boolean encrypted) implements ClientHello {}

  /** Reads what came so far and does not change it. */
  static ClientHello read(ByteBuffer bytes) {
    ByteBuffer in = bytes.duplicate();
    byte[] message = new byte[Math.min(MOST, in.remaining())];
    int have = 0;
    int need = -1;
    while (need < 0 || have < need) {
      ClientHello state = Record.header(in, have == 0);
      if (state != null) {
        return state;
      }
      int length = Record.length(in);
      int take = Math.min(length, in.remaining());
      if (have + take > MOST) {
        return new Malformed("its first message is longer than " + MOST + " bytes");
      }
      in.get(message, have, take);
      have += take;
      if (have > 0 && message[0] != 1) {
        return new Malformed("its first message is no ClientHello");
      }
      if (have >= 4) {
        need = 4 + ((message[1] & 0xff) << 16 | (message[2] & 0xff) << 8 | message[3] & 0xff);
        if (need > MOST) {
          return new Malformed("its first message is longer than " + MOST + " bytes");
        }
      }
      if (need >= 0 && have - take + length > need) {
        return new Malformed("more than a ClientHello in its first records");
      }
      if (take < length) {
        return new Incomplete(bytes.remaining() + length - take);
      }
    }
    return Body.read(ByteBuffer.wrap(message, 4, need - 4).slice());
  }

  /** The record layer. */
  final class Record {
    private static final int HANDSHAKE = 22;
    private static final int LONGEST = 16 * 1024;

    private Record() {}

    /** Null: a handshake record begins here, and its header is complete. */
    static @Nullable ClientHello header(ByteBuffer in, boolean first) {
      boolean handshake = !in.hasRemaining() || in.get(in.position()) == HANDSHAKE;
      boolean version3 = in.remaining() < 2 || in.get(in.position() + 1) == 3;
      if (!handshake || !version3) {
        return first ? new NotTls() : new Malformed("its first message is interrupted");
      }
      if (in.remaining() < 5) {
        // other protocols are told at their first bytes, and may send no more
        return new Incomplete(in.limit() + (first ? 1 : 5 - in.remaining()));
      }
      int length = in.getShort(in.position() + 3) & 0xffff;
      return length == 0 || length > LONGEST ? new Malformed("a record of a wrong length") : null;
    }

    static int length(ByteBuffer in) {
      in.position(in.position() + 3);
      return in.getShort() & 0xffff;
    }
  }

  /** The message itself. */
  final class Body {
    private static final int SERVER_NAME = 0;
    private static final int ENCRYPTED_CLIENT_HELLO = 0xfe0d;
    private static final Pattern NAME =
        Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9.]{0,251}[A-Za-z0-9])?");

    private Body() {}

    static ClientHello read(ByteBuffer in) {
      try {
        in.position(2 + 32);
        vector(in, 1);
        vector(in, 2);
        vector(in, 1);
        if (!in.hasRemaining()) {
          return new Read(Optional.empty(), false);
        }
        ByteBuffer extensions = vector(in, 2);
        if (in.hasRemaining()) {
          return new Malformed("bytes after its extensions");
        }
        return extensions(extensions);
      } catch (IllegalArgumentException | java.nio.BufferUnderflowException e) {
        return new Malformed("its lengths do not fit");
      }
    }

    private static ClientHello extensions(ByteBuffer in) {
      Optional<String> serverName = Optional.empty();
      boolean encrypted = false;
      while (in.hasRemaining()) {
        int type = in.getShort() & 0xffff;
        ByteBuffer body = vector(in, 2);
        if (type == ENCRYPTED_CLIENT_HELLO) {
          encrypted = true;
        }
        if (type == SERVER_NAME) {
          if (serverName.isPresent()) {
            return new Malformed("two server names");
          }
          serverName = serverName(body);
          if (serverName.isEmpty()) {
            return new Malformed("a server name that is none");
          }
        }
      }
      return new Read(serverName, encrypted);
    }

    /** One name, of the one type there is. */
    private static Optional<String> serverName(ByteBuffer body) {
      ByteBuffer list = vector(body, 2);
      if (body.hasRemaining() || !list.hasRemaining() || list.get() != 0) {
        return Optional.empty();
      }
      ByteBuffer name = vector(list, 2);
      if (list.hasRemaining()) {
        return Optional.empty();
      }
      String text = StandardCharsets.ISO_8859_1.decode(name).toString();
      return NAME.matcher(text).matches()
          ? Optional.of(text.toLowerCase(Locale.ROOT))
          : Optional.empty();
    }

    /** Bytes behind a length of one or two bytes. */
    private static ByteBuffer vector(ByteBuffer in, int lengthBytes) {
      int length = lengthBytes == 1 ? in.get() & 0xff : in.getShort() & 0xffff;
      if (length > in.remaining()) {
        throw new IllegalArgumentException();
      }
      ByteBuffer part = in.slice(in.position(), length);
      in.position(in.position() + length);
      return part;
    }
  }
}

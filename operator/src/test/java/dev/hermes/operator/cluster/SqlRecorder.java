package dev.hermes.operator.cluster;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * A proxy before PostgreSQL that notes each statement with its parameters, as the driver sends it
 * (Parse, Bind, Execute of the extended query protocol).
 */
final class SqlRecorder implements AutoCloseable {
  private static final int START_OF_PLAIN_SESSION = 3 << 16;
  private static final int UUID_OID = 2950;
  private static final int INT8_OID = 20;
  private static final int INT4_OID = 23;

  /**
   * One execution.
   *
   * @param session of which connection, unique in this recorder
   * @param trip statements of one number were sent together and answered together
   */
  record Executed(
      int session,
      int trip,
      String user,
      Instant time,
      String sql,
      List<@Nullable Object> parameters) {}

  private record Parsed(String sql, int[] types) {}

  private final ConcurrentLinkedQueue<Executed> executed = new ConcurrentLinkedQueue<>();
  private final ServerSocket server;
  private final int target;
  private int sessions;

  /**
   * @param target port of PostgreSQL on this machine
   */
  SqlRecorder(int target) throws IOException {
    this.target = target;
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("sql-recorder").start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  List<Executed> executed() {
    return List.copyOf(executed);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  @SuppressWarnings("resource") // each closes when its other end does
  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        Socket database = new Socket(InetAddress.getLoopbackAddress(), target);
        client.setTcpNoDelay(true);
        database.setTcpNoDelay(true);
        int session = ++sessions;
        Thread.ofPlatform().daemon().start(() -> pump(database, client));
        Thread.ofPlatform().daemon().start(() -> listen(session, client, database));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private static void pump(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // one of them went
    }
  }

  private void listen(int session, Socket client, Socket database) {
    try (client;
        database;
        DataInputStream in = new DataInputStream(buffered(client.getInputStream()))) {
      OutputStream out = database.getOutputStream();
      String user = start(in, out);
      Map<String, Parsed> statements = new HashMap<>();
      List<@Nullable Object> bound = List.of();
      String name = "";
      int trip = 0;
      while (true) {
        int type = in.read();
        if (type < 0) {
          return;
        }
        byte[] body = in.readNBytes(in.readInt() - 4);
        ByteBuffer message = ByteBuffer.wrap(body);
        switch (type) {
          case 'P' -> statements.put(text(message), new Parsed(text(message), types(message)));
          case 'B' -> {
            text(message);
            name = text(message);
            bound = parameters(message, statements.get(name).types());
          }
          case 'E' ->
              executed.add(
                  new Executed(
                      session, trip, user, Instant.now(), statements.get(name).sql(), bound));
          case 'Q' ->
              executed.add(
                  new Executed(session, trip++, user, Instant.now(), text(message), List.of()));
          case 'S' -> trip++;
          default -> {}
        }
        out.write(ByteBuffer.allocate(5).put((byte) type).putInt(body.length + 4).array());
        out.write(body);
        if (in.available() == 0) {
          out.flush();
        }
      }
    } catch (IOException e) {
      // one of them went
    }
  }

  private static InputStream buffered(InputStream in) {
    return new BufferedInputStream(in, 1 << 16);
  }

  /** Lets the offers of encryption pass; returns the user of the start message. */
  private static String start(DataInputStream in, OutputStream out) throws IOException {
    while (true) {
      int length = in.readInt();
      byte[] body = in.readNBytes(length - 4);
      out.write(ByteBuffer.allocate(4).putInt(length).array());
      out.write(body);
      ByteBuffer message = ByteBuffer.wrap(body);
      if (message.getInt() == START_OF_PLAIN_SESSION) {
        while (message.remaining() > 1) {
          if (text(message).equals("user")) {
            return text(message);
          }
          text(message);
        }
        return "";
      }
    }
  }

  private static int[] types(ByteBuffer message) {
    int[] types = new int[message.getShort()];
    for (int i = 0; i < types.length; i++) {
      types[i] = message.getInt();
    }
    return types;
  }

  private static List<@Nullable Object> parameters(ByteBuffer message, int[] types) {
    short[] formats = new short[message.getShort()];
    for (int i = 0; i < formats.length; i++) {
      formats[i] = message.getShort();
    }
    int count = message.getShort();
    List<@Nullable Object> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = message.getInt();
      if (length < 0) {
        values.add(null);
        continue;
      }
      byte[] value = new byte[length];
      message.get(value);
      boolean binary = formats.length > 0 && formats[formats.length == 1 ? 0 : i] == 1;
      values.add(value(value, binary, types[i]));
    }
    return values;
  }

  private static Object value(byte[] value, boolean binary, int type) {
    ByteBuffer bytes = ByteBuffer.wrap(value);
    if (binary) {
      return switch (type) {
        case UUID_OID -> new UUID(bytes.getLong(), bytes.getLong());
        case INT8_OID -> bytes.getLong();
        case INT4_OID -> bytes.getInt();
        default -> value; // of the start checks, which are nobody's
      };
    }
    String text = new String(value, StandardCharsets.UTF_8);
    return switch (type) {
      case UUID_OID -> UUID.fromString(text);
      case INT8_OID -> Long.valueOf(text);
      case INT4_OID -> Integer.valueOf(text);
      default -> text;
    };
  }

  private static String text(ByteBuffer message) {
    int start = message.position();
    while (message.get() != 0) {}
    return new String(
        message.array(), start, message.position() - 1 - start, StandardCharsets.UTF_8);
  }
}

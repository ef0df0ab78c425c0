package dev.hermes.operator.faults;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;

/**
 * One session, message by message (PostgreSQL's frontend/backend protocol 3): a type byte, a length
 * of four bytes that counts itself, the rest. The first messages have no type.
 */
final class SqlConnection {
  private static final int SSL_REQUEST = 80_877_103;
  private static final int GSS_REQUEST = 80_877_104;
  private static final long SLOW_NANOS = 100_000_000;

  private final SqlProxy proxy;
  private final Socket client;
  private final Socket server;
  private final SqlTransaction transaction = new SqlTransaction();
  private volatile Fault afterCommit = Fault.NONE;
  private volatile boolean begun;

  SqlConnection(SqlProxy proxy, Socket client, Socket server) {
    this.proxy = proxy;
    this.client = client;
    this.server = server;
  }

  void start() {
    Thread.ofVirtual().name("sql-up").start(() -> guarded(this::up));
    Thread.ofVirtual().name("sql-down").start(() -> guarded(this::down));
  }

  private interface Direction {
    void run() throws IOException;
  }

  private void guarded(Direction direction) {
    try {
      direction.run();
    } catch (IOException e) {
      // one side has ended; so does the other
    } finally {
      proxy.close(client);
      proxy.close(server);
    }
  }

  private void up() throws IOException {
    DataInputStream in = new DataInputStream(new BufferedInputStream(client.getInputStream()));
    OutputStream out = server.getOutputStream();
    start(in, out);
    while (true) {
      byte type = in.readByte();
      byte[] rest = rest(in, in.readInt());
      network();
      if (transaction.sees(type, rest) && commit(proxy.plan().at(transaction.name()))) {
        return;
      }
      send(out, type, rest);
    }
  }

  /** Requests for encryption, which the server of the tests declines, then the startup message. */
  private void start(DataInputStream in, OutputStream out) throws IOException {
    while (!begun) {
      int length = in.readInt();
      byte[] rest = rest(in, length);
      int code = ByteBuffer.wrap(rest).getInt();
      begun = code != SSL_REQUEST && code != GSS_REQUEST;
      out.write(ByteBuffer.allocate(4 + rest.length).putInt(length).put(rest).array());
      out.flush();
    }
  }

  /** True: the commit does not reach the server. */
  private boolean commit(Fault fault) {
    switch (fault) {
      case KILL_BEFORE -> {
        proxy.plan().kill();
        return true;
      }
      case DROP_BEFORE -> {
        return true;
      }
      case DELAY -> LockSupport.parkNanos(5 * SLOW_NANOS);
      case KILL_AFTER, DROP_AFTER -> afterCommit = fault;
      default -> {}
    }
    return false;
  }

  private void down() throws IOException {
    DataInputStream in = new DataInputStream(new BufferedInputStream(server.getInputStream()));
    OutputStream out = client.getOutputStream();
    while (true) {
      byte type = in.readByte();
      // the one-byte answers to requests for encryption
      if (!begun) {
        out.write(type);
        out.flush();
        continue;
      }
      byte[] rest = rest(in, in.readInt());
      if (afterCommit == Fault.NONE) {
        if (proxy.network() != SqlProxy.Network.BLACK_HOLE) {
          send(out, type, rest);
        }
      } else if (type == 'Z') {
        // the server is ready again, so it has committed
        if (afterCommit == Fault.KILL_AFTER) {
          proxy.plan().kill();
        }
        return;
      }
    }
  }

  private void network() {
    if (proxy.network() == SqlProxy.Network.SLOW) {
      LockSupport.parkNanos(SLOW_NANOS);
    }
    while (proxy.network() == SqlProxy.Network.BLACK_HOLE) {
      LockSupport.parkNanos(SLOW_NANOS);
    }
  }

  private static byte[] rest(DataInputStream in, int length) throws IOException {
    byte[] rest = new byte[length - 4];
    in.readFully(rest);
    return rest;
  }

  private static void send(OutputStream out, byte type, byte[] rest) throws IOException {
    out.write(
        ByteBuffer.allocate(5 + rest.length).put(type).putInt(rest.length + 4).put(rest).array());
    out.flush();
  }
}

package dev.hermes.operator.faults;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between the operator and PostgreSQL; each COMMIT of a transaction that wrote is a write.
 */
final class SqlProxy implements AutoCloseable {
  /** How the network behaves. */
  enum Network {
    UP,
    /** Connections are refused, open ones are cut. */
    DOWN,
    /** Bytes vanish, connections stay. */
    BLACK_HOLE,
    /** Each message to the server is late. */
    SLOW
  }

  private final FaultPlan plan;
  private final int serverPort;
  private final ServerSocket listener;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile Network network = Network.UP;

  SqlProxy(FaultPlan plan, int serverPort) {
    this.plan = plan;
    this.serverPort = serverPort;
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new IllegalStateException("no proxy", e);
    }
    Thread.ofVirtual().name("sql-proxy").start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  FaultPlan plan() {
    return plan;
  }

  Network network() {
    return network;
  }

  void set(Network network) {
    this.network = network;
    if (network == Network.DOWN) {
      cut();
    }
  }

  void cut() {
    for (Socket socket : open) {
      close(socket);
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    cut();
  }

  void close(Socket socket) {
    open.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      // it is gone, as it should be
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (network == Network.DOWN) {
          client.close();
          continue;
        }
        Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        open.add(client);
        open.add(server);
        new SqlConnection(this, client, server).start();
      } catch (IOException e) {
        // a server that is away: the operator sees its own connection end
      }
    }
  }
}

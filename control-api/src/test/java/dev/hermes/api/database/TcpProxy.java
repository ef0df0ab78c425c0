package dev.hermes.api.database;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/** Stands between the API and PostgreSQL and can be cut, or lose one answer. */
public final class TcpProxy implements AutoCloseable {
  private final int target;
  private final ServerSocket server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicReference<String> losing = new AtomicReference<>();
  private volatile boolean cut;

  public TcpProxy(int target) throws IOException {
    this.target = target;
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  public void cut() throws IOException {
    cut = true;
    for (Socket socket : open) {
      socket.close();
    }
  }

  public void mend() {
    cut = false;
  }

  /**
   * Of the next transaction whose statements name this, the commit is done and its answer lost, as
   * when a network breaks at the worst moment.
   */
  public void loseCommitOf(String statement) {
    losing.set(statement);
  }

  /** Whether that has happened. */
  public boolean hasLost() {
    return losing.get() == null;
  }

  @Override
  public void close() throws IOException {
    server.close();
    cut();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        if (cut) {
          client.close();
          continue;
        }
        Socket backend = new Socket(InetAddress.getLoopbackAddress(), target);
        open.add(client);
        open.add(backend);
        Pair pair = new Pair(client, backend);
        Thread.ofVirtual().start(pair::ask);
        Thread.ofVirtual().start(pair::answer);
      } catch (IOException e) {
        // the loop's condition decides
        continue;
      }
    }
  }

  /** One connection of the API with its own to the server. */
  private final class Pair {
    private final Socket client;
    private final Socket backend;
    private boolean named;
    private volatile boolean lost;

    Pair(Socket client, Socket backend) {
      this.client = client;
      this.backend = backend;
    }

    void ask() {
      copy(client, backend, this::asked);
    }

    void answer() {
      copy(backend, client, chunk -> !lost);
    }

    /**
     * What is asked always reaches the server; a commit by its prepared name is what comes next.
     */
    private boolean asked(String chunk) {
      String statement = losing.get();
      boolean names = statement != null && chunk.contains(statement);
      if (named || names && chunk.contains("commit")) {
        lost = true;
        losing.set(null);
      }
      named = names;
      return true;
    }
  }

  private void copy(Socket from, Socket to, Predicate<String> passes) {
    byte[] buffer = new byte[16_384];
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (!passes.test(new String(buffer, 0, read, StandardCharsets.ISO_8859_1))) {
          return;
        }
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      return;
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }
}

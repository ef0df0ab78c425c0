package dev.hermes.database.access;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands before PostgreSQL and counts round trips: the client speaks after the server has spoken.
 * What the client sends in one go, such as BEGIN before a query, is one.
 */
final class Turnstile implements AutoCloseable {
  private final ServerSocket entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final int server;
  private final AtomicInteger roundTrips = new AtomicInteger();

  Turnstile(int server) throws IOException {
    this.server = server;
    Thread.ofVirtual().start(this::admit);
  }

  int port() {
    return entrance.getLocalPort();
  }

  int roundTrips() {
    return roundTrips.get();
  }

  private void admit() {
    try {
      while (true) {
        Socket client = entrance.accept();
        Socket upstream = new Socket(InetAddress.getLoopbackAddress(), server);
        client.setTcpNoDelay(true);
        upstream.setTcpNoDelay(true);
        AtomicBoolean answered = new AtomicBoolean(true);
        Thread.ofVirtual().start(() -> relay(client, upstream, () -> spoken(answered)));
        Thread.ofVirtual().start(() -> relay(upstream, client, () -> answered.set(true)));
      }
    } catch (IOException e) {
      // Closed: the test is over.
    }
  }

  private void spoken(AtomicBoolean answered) {
    if (answered.getAndSet(false)) {
      roundTrips.incrementAndGet();
    }
  }

  private static void relay(Socket from, Socket to, Runnable heard) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[65_536];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        heard.run();
        out.write(buffer, 0, n);
      }
    } catch (IOException e) {
      // One side has left.
    }
  }

  @Override
  public void close() throws IOException {
    entrance.close();
  }
}

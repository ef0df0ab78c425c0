package dev.hermes.egress.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server on the loopback address that keeps what it gets; each connection is handled by a script.
 */
public final class Upstream implements AutoCloseable {
  /** What a connection does. */
  @FunctionalInterface
  public interface Script {
    void run(Socket socket, Upstream upstream) throws Exception;
  }

  private final ServerSocket listener;
  private final ByteArrayOutputStream got = new ByteArrayOutputStream();
  private final AtomicInteger connections = new AtomicInteger();

  public Upstream(Script script) throws IOException {
    this(new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")), script);
  }

  public Upstream(ServerSocket listener, Script script) {
    this.listener = listener;
    Thread.ofVirtual()
        .start(() -> {
          while (true) {
            try {
              Socket socket = listener.accept();
              connections.incrementAndGet();
              Thread.ofVirtual()
                  .start(() -> {
                    try (socket) {
                      script.run(socket, this);
                    } catch (Exception e) {
                      // the other side is gone
                    }
                  });
            } catch (IOException e) {
              return;
            }
          }
        });
  }

  /** Sends back what comes. */
  public static Upstream echo() throws IOException {
    return new Upstream((socket, upstream) -> {
      byte[] buffer = new byte[8192];
      for (int n = socket.getInputStream().read(buffer);
          n >= 0;
          n = socket.getInputStream().read(buffer)) {
        upstream.keep(buffer, n);
        socket.getOutputStream().write(buffer, 0, n);
      }
    });
  }

  /** Answers the first request's head with these bytes, keeps reading, and does not close. */
  public static Upstream answering(String answer) throws IOException {
    return new Upstream((socket, upstream) -> {
      byte[] buffer = new byte[8192];
      boolean answered = false;
      for (int n = socket.getInputStream().read(buffer);
          n >= 0;
          n = socket.getInputStream().read(buffer)) {
        upstream.keep(buffer, n);
        if (!answered && upstream.got().contains("\r\n\r\n")) {
          answered = true;
          socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
        }
      }
    });
  }

  public synchronized void keep(byte[] bytes, int length) {
    got.write(bytes, 0, length);
  }

  public synchronized String got() {
    return got.toString(StandardCharsets.ISO_8859_1);
  }

  public synchronized byte[] bytes() {
    return got.toByteArray();
  }

  public int connections() {
    return connections.get();
  }

  public int port() {
    return listener.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}

package dev.hermes.api.testing;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** An upstream that answers with the very bytes it is told, one request a connection. */
public final class RawUpstream implements AutoCloseable {
  private static final int TLS_HANDSHAKE = 22; // RFC 8446, 5.1

  private final ServerSocket listener;
  private final AtomicInteger requests = new AtomicInteger();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Answer answer = (out, wait) -> {};

  /** What follows a request; when it returns the connection is closed. */
  @FunctionalInterface
  public interface Answer {
    void write(OutputStream out, Wait wait) throws IOException, InterruptedException;
  }

  /** Lets time pass, but not beyond the end of the test. */
  @FunctionalInterface
  public interface Wait {
    void millis(long millis) throws InterruptedException;
  }

  public RawUpstream() throws IOException {
    listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  public int port() {
    return listener.getLocalPort();
  }

  public void answer(Answer next) {
    answer = next;
    requests.set(0);
  }

  public int requests() {
    return requests.get();
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    listener.close();
  }

  /** A response with a body of this length; what follows the head may be less. */
  public static byte[] head(int status, String type, int length, String... headers) {
    StringBuilder head =
        new StringBuilder("HTTP/1.1 ")
            .append(status)
            .append(" x\r\nContent-Type: ")
            .append(type)
            .append("\r\nConnection: close\r\n");
    if (length >= 0) {
      head.append("Content-Length: ").append(length).append("\r\n");
    }
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    return head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        if (!listener.isClosed()) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      in.mark(1);
      if (in.read() == TLS_HANDSHAKE) {
        socket.getOutputStream().write(head(400, "text/plain", 0));
        return;
      }
      in.reset();
      readRequest(in);
      requests.incrementAndGet();
      answer.write(socket.getOutputStream(), millis -> closed.await(millis, TimeUnit.MILLISECONDS));
    } catch (IOException e) {
      // the client has gone, as it may
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void readRequest(InputStream in) throws IOException {
    int length = 0;
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      if (line.regionMatches(true, 0, "Content-Length:", 0, 15)) {
        length = Integer.parseInt(line.substring(15).strip());
      }
    }
    in.readNBytes(length);
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("no request");
      }
      line.append((char) b);
    }
    return line.toString().strip();
  }
}

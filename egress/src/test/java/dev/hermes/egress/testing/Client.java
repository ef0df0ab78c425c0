package dev.hermes.egress.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A sandbox's end of a connection: bytes as the test writes them, from an address of its choice.
 */
public final class Client implements AutoCloseable {
  private final Socket socket = new Socket();

  public Client(int proxyPort, String ownIp) throws IOException {
    socket.setReceiveBufferSize(64 * 1024);
    socket.bind(new InetSocketAddress(InetAddress.getByName(ownIp), 0));
    socket.connect(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), proxyPort));
    socket.setSoTimeout(10_000);
    socket.setTcpNoDelay(true);
  }

  public Client send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  public Client send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Up to the empty line. */
  public String head() throws IOException {
    StringBuilder head = new StringBuilder();
    while (!head.toString().endsWith("\r\n\r\n")) {
      int b = socket.getInputStream().read();
      if (b < 0) {
        return head.toString();
      }
      head.append((char) b);
    }
    return head.toString();
  }

  public byte[] read(int length) throws IOException {
    return socket.getInputStream().readNBytes(length);
  }

  /** Everything up to the end; a reset is an end. */
  public String rest() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      InputStream in = socket.getInputStream();
      for (int b = in.read(); b >= 0; b = in.read()) {
        all.write(b);
      }
    } catch (java.net.SocketTimeoutException e) {
      throw new IllegalStateException("still open, after: " + all, e);
    } catch (IOException e) {
      // reset
    }
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  public Socket socket() {
    return socket;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

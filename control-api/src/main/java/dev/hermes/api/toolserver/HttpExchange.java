package dev.hermes.api.toolserver;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import javax.net.SocketFactory;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * One request on a connection of its own, to an address that was checked. The JDK's client takes
 * names alone and looks them up itself, once more, so it cannot be held to an address. No proxy, no
 * redirect, no second try.
 */
final class HttpExchange implements AutoCloseable {
  private static final int CONNECT_MILLIS = 5_000;

  private final Socket socket;

  private HttpExchange(Socket socket) {
    this.socket = socket;
  }

  /**
   * @param addresses of the host, in the order to try
   * @param tls makes what speaks TLS, and is asked where the url wants it; the certificate must be
   *     the host's
   */
  static HttpExchange connect(
      ServerUrl url, List<InetAddress> addresses, Supplier<SocketFactory> tls) throws IOException {
    IOException last = new IOException("the host has no address");
    for (InetAddress address : addresses) {
      Socket socket = new Socket(Proxy.NO_PROXY);
      try {
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(address, url.port()), CONNECT_MILLIS);
        return new HttpExchange(url.tls() ? secured(socket, url, tls) : socket);
      } catch (IOException e) {
        socket.close();
        last = e;
      }
    }
    throw last;
  }

  /** The rest of the exchange is the answer's body; closing this ends it. */
  HttpReply send(String method, ServerUrl url, Map<String, String> headers, byte[] body)
      throws IOException {
    StringBuilder head = new StringBuilder(256);
    head.append(method).append(' ').append(url.target()).append(" HTTP/1.1\r\n");
    head.append("Host: ").append(url.authority()).append("\r\n");
    headers.forEach((name, value) -> head.append(header(name, value)));
    head.append("Content-Length: ").append(body.length).append("\r\n");
    head.append("Connection: close\r\n\r\n");
    ByteArrayOutputStream request = new ByteArrayOutputStream(head.length() + body.length);
    request.writeBytes(head.toString().getBytes(StandardCharsets.ISO_8859_1));
    request.writeBytes(body);
    OutputStream out = socket.getOutputStream();
    request.writeTo(out);
    out.flush();
    return HttpReply.read(new BufferedInputStream(socket.getInputStream(), 8192));
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /** A value with a line's end in it would be a header more. */
  private static String header(String name, String value) {
    if (!value.chars().allMatch(it -> it >= ' ' && it <= '~')) {
      throw new IllegalArgumentException("the value of " + name + " is not one of a header");
    }
    return name + ": " + value + "\r\n";
  }

  private static Socket secured(Socket socket, ServerUrl url, Supplier<SocketFactory> tls)
      throws IOException {
    SSLSocket secured =
        (SSLSocket)
            ((SSLSocketFactory) tls.get()).createSocket(socket, url.host(), url.port(), true);
    SSLParameters parameters = secured.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secured.setSSLParameters(parameters);
    secured.startHandshake();
    return secured;
  }
}

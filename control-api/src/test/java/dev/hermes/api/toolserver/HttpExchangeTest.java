package dev.hermes.api.toolserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.hermes.api.testing.TestCertificate;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpExchangeTest {

  @ParameterizedTest
  @CsvSource({
    "'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more', hello",
    "'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\nmore', hello",
    "'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\n\r\nhello', hello",
    "'HTTP/1.0 200 OK\n\nhello', hello",
    "'HTTP/1.1 204 No Content\r\n\r\n', ''",
  })
  void reads(String wire, String body) throws IOException {
    assertThat(new String(read(wire), StandardCharsets.UTF_8)).isEqualTo(body);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\nhel\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhel\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length"
      })
  void refuses(String wire) {
    assertThatThrownBy(() -> read(wire)).isInstanceOf(IOException.class);
  }

  @Test
  void headHasABound() {
    String wire = "HTTP/1.1 200 OK\r\nX: " + "x".repeat(40_000) + "\r\n\r\n";
    assertThatThrownBy(() -> read(wire)).hasMessage("the answer's head is too long");
  }

  @Test
  @DisplayName("SEC-8 a certificate must be the host's and of an authority that is trusted")
  void certificate(@TempDir Path dir) throws Exception {
    SSLContext ours = TestCertificate.of(dir, "mcp.tools.svc").context();
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
    server.setHttpsConfigurator(new HttpsConfigurator(ours));
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write("there".getBytes(StandardCharsets.UTF_8));
          }
        });
    server.start();
    try {
      int port = server.getAddress().getPort();
      SSLSocketFactory trusting = ours.getSocketFactory();
      assertThat(get("mcp.tools.svc", port, trusting)).as("control").isEqualTo("there");
      assertThatThrownBy(() -> get("other.tools.svc", port, trusting))
          .isInstanceOf(SSLException.class);
      assertThatThrownBy(
              () -> get("mcp.tools.svc", port, (SSLSocketFactory) SSLSocketFactory.getDefault()))
          .isInstanceOf(SSLException.class);
    } finally {
      server.stop(0);
    }
  }

  private static String get(String host, int port, SSLSocketFactory tls) throws IOException {
    ServerUrl url = new ServerUrl(true, host, port, "/");
    try (HttpExchange exchange =
        HttpExchange.connect(url, List.of(InetAddress.getLoopbackAddress()), () -> tls)) {
      HttpReply reply = exchange.send("GET", url, Map.of(), new byte[0]);
      return new String(reply.body().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static byte[] read(String wire) throws IOException {
    InputStream in = new ByteArrayInputStream(wire.getBytes(StandardCharsets.UTF_8));
    return HttpReply.read(in).body().readAllBytes();
  }
}

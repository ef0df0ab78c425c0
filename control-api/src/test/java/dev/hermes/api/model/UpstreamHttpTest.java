package dev.hermes.api.model;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.hermes.api.testing.TestCertificate;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which connections are used again, what ends an exchange, and what is said in it. */
class UpstreamHttpTest {
  private static final String EVENTS =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final String LAST_EVENT = "e\r\ndata: [DONE]\n\n\r\n";
  private static final String LAST_CHUNK = "0\r\n\r\n";
  private static final String WHOLE = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  private static final Duration LONG = Duration.ofSeconds(30);

  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final UpstreamHttp http = new UpstreamHttp(timer);
  private final List<String> heads = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger ended = new AtomicInteger();
  private volatile String says = WHOLE;
  private ServerSocket upstream;

  @BeforeEach
  void listen() throws IOException {
    upstream = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  @AfterEach
  void stop() throws IOException {
    upstream.close();
    timer.shutdownNow();
  }

  @Test
  @DisplayName("answers that were read to their end leave their connection to the next call")
  void kept() throws IOException {
    try (UpstreamReply reply = http.send(post())) {
      assertThat(reply.text(100)).isEqualTo("{}");
    }
    says = "HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n" + LAST_CHUNK;
    try (UpstreamReply reply = http.send(post())) {
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.text(100)).isEqualTo("{}");
    }
    assertThat(heads).hasSize(2);
    assertThat(connections).hasValue(1);
  }

  @Test
  @DisplayName("so does a stream whose last event was read, and nobody waits for its end")
  void keptStream() throws IOException {
    says = EVENTS + LAST_EVENT + LAST_CHUNK;
    for (int i = 0; i < 3; i++) {
      try (UpstreamReply reply = http.send(post())) {
        assertThat(reply.body().readNBytes(14)).asString(US_ASCII).startsWith("data: [DONE]");
        http.leave(reply);
      }
      // it is given back by another thread
      await().untilAsserted(() -> assertThat(http.idle()).isOne());
    }
    assertThat(connections).hasValue(1);
  }

  @Test
  @DisplayName("a stream that does not end after its last event is ended within a second")
  void endless() throws IOException {
    says = EVENTS + LAST_EVENT;
    try (UpstreamReply reply = http.send(post())) {
      assertThat(reply.body().readNBytes(14)).hasSize(14);
      http.leave(reply);
      assertThat(ended).hasValue(0);
    }
    await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> assertThat(ended).hasValue(1));
    assertThat(http.idle()).isZero();
  }

  @Test
  @DisplayName("what is left amid its body is ended at once, and its connection not used again")
  void left() throws IOException {
    says = EVENTS + LAST_EVENT;
    try (UpstreamReply reply = http.send(post())) {
      assertThat(reply.body().readNBytes(5)).hasSize(5);
    }
    await().untilAsserted(() -> assertThat(ended).hasValue(1));
    says = WHOLE;
    try (UpstreamReply reply = http.send(post())) {
      assertThat(reply.text(100)).isEqualTo("{}");
    }
    assertThat(connections).hasValue(2);
  }

  @Test
  @DisplayName("an answer longer than is read of it is cut there, and ended")
  void most() throws IOException {
    says = "HTTP/1.1 500 x\r\nContent-Length: 5000\r\n\r\n" + "x".repeat(5000);
    try (UpstreamReply reply = http.send(post())) {
      assertThat(reply.text(100)).isEqualTo("x".repeat(100));
    }
    await().untilAsserted(() -> assertThat(ended).hasValue(1));
  }

  @Test
  @DisplayName("headers that do not come in time end the exchange, however slowly they trickle")
  void slowHead() {
    says = "HTTP/1.1 200 OK\r\nX-Slow: " + "x".repeat(2000);
    HttpPost request = post();
    try (Silence watch = http.watch(request, Duration.ofMillis(400))) {
      assertThatThrownBy(() -> http.send(request)).isInstanceOf(IOException.class);
      assertThat(watch.expired()).isTrue();
    }
    await().untilAsserted(() -> assertThat(ended).hasValue(1));
  }

  @Test
  @DisplayName("an interrupted thread waits no longer, neither for headers nor for a body")
  void interrupted() throws Exception {
    for (String begun : List.of("HTTP/1.1 200 OK\r\n", EVENTS)) {
      says = begun;
      ended.set(0);
      AtomicBoolean failed = new AtomicBoolean();
      Thread call =
          Thread.ofVirtual()
              .start(() -> {
                try (UpstreamReply reply = http.send(post())) {
                  reply.text(100);
                } catch (IOException e) {
                  failed.set(Thread.interrupted());
                }
              });
      await().until(() -> call.getState() == Thread.State.WAITING && !heads.isEmpty());
      call.interrupt();
      assertThat(call.join(Duration.ofSeconds(5))).isTrue();
      assertThat(failed).isTrue();
      await().untilAsserted(() -> assertThat(ended).hasValue(1));
      heads.clear();
    }
  }

  @Test
  @DisplayName("a request says what it must and no more")
  void head() throws IOException {
    try (UpstreamReply reply = http.send(post())) {
      assertThat(reply.status()).isEqualTo(200);
    }
    assertThat(heads.getFirst().lines().map(line -> line.replaceAll(":.*", "")))
        .containsExactlyInAnyOrder(
            "POST / HTTP/1.1", "Content-Length", "Host", "Connection", "User-Agent");
  }

  @Test
  @DisplayName("SEC-8 a certificate must be the host's and of an authority that is trusted")
  void certificate(@TempDir Path dir) throws Exception {
    SSLContext rightName = TestCertificate.of(dir, "localhost").context();
    SSLContext otherName = TestCertificate.of(dir, "other.example").context();
    assertThat(status(rightName, new UpstreamHttp(timer, rightName))).as("control").isEqualTo(200);
    assertThatThrownBy(() -> status(otherName, new UpstreamHttp(timer, otherName)))
        .isInstanceOf(SSLException.class);
    assertThatThrownBy(() -> status(rightName, http)).isInstanceOf(SSLException.class);
  }

  /** Of an answer of a server that has a certificate, which is called localhost. */
  private static int status(SSLContext own, UpstreamHttp client) throws IOException {
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
    server.setHttpsConfigurator(new HttpsConfigurator(own));
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, -1);
          }
        });
    server.start();
    try (UpstreamReply reply =
        client.send(new HttpPost("https://localhost:" + server.getAddress().getPort() + "/"))) {
      return reply.status();
    } finally {
      server.stop(0);
    }
  }

  private HttpPost post() {
    HttpPost request = new HttpPost("http://127.0.0.1:" + upstream.getLocalPort() + "/");
    request.setEntity(new ByteArrayEntity("{}".getBytes(US_ASCII), null));
    return request;
  }

  private void accept() {
    while (!upstream.isClosed()) {
      try {
        Socket socket = upstream.accept();
        connections.incrementAndGet();
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        // the test is over
        return;
      }
    }
  }

  /** Any number of requests; what is said is said slowly where it is long. */
  private void serve(Socket socket) {
    try (socket) {
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      byte[] buffer = new byte[4096];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        String head = new String(Arrays.copyOf(buffer, read), US_ASCII);
        heads.add(head.substring(0, head.indexOf("\r\n\r\n")));
        say(out);
      }
    } catch (IOException | InterruptedException e) {
      // ended while it was being told something
    }
    ended.incrementAndGet();
  }

  private void say(OutputStream out) throws IOException, InterruptedException {
    boolean slowly = says.contains("X-Slow");
    for (byte[] part : slowly ? bytes() : List.of(says.getBytes(US_ASCII))) {
      out.write(part);
      if (slowly) {
        Thread.sleep(10);
      }
    }
  }

  private List<byte[]> bytes() {
    return says.chars().mapToObj(it -> new byte[] {(byte) it}).toList();
  }
}

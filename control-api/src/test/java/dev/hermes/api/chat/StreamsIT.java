package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.api.testing.HoldingUpstream;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As many streams as one replica is meant to hold. */
class StreamsIT {
  private static final int STREAMS = 1_000;
  private static final Duration LONGEST = Duration.ofSeconds(120);

  @TempDir private Path folder;
  private final List<Stream> streams = new ArrayList<>();
  private HoldingUpstream upstream;
  private TestApi api;
  private TestTenant tenant;
  private RawKey key;

  @BeforeEach
  void open() throws Exception {
    upstream = new HoldingUpstream();
    Path file = folder.resolve("providers.yaml");
    Files.writeString(file, upstream.providersYaml());
    api = TestApi.shared().replica(Map.of("hermes.providers-file", file.toString()));
    tenant = api.tenant();
    key = api.userKey(tenant);
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Stream>> opened = new ArrayList<>();
      for (int i = 0; i < STREAMS; i++) {
        opened.add(clients.submit(() -> Stream.open(api.port(), key)));
      }
      for (Future<Stream> stream : opened) {
        streams.add(stream.get());
      }
    }
  }

  @AfterEach
  void close() {
    upstream.release();
    streams.forEach(Stream::close);
    api.close();
    upstream.close();
  }

  @Test
  @DisplayName("PRF-4 1,000 slow streams at once: others are answered at once, and each ends whole")
  void held() throws Exception {
    assertThat(upstream.held()).isEqualTo(STREAMS);
    assertThat(ManagementFactory.getThreadMXBean().getThreadCount())
        .as("threads of the system, of which no stream has one of its own")
        .isLessThan(STREAMS / 2);
    List<Duration> asked = new ArrayList<>();
    for (int i = 0; i < 51; i++) {
      long begun = System.nanoTime();
      assertThat(api.get("/v1/health/live", null).status()).isEqualTo(200);
      asked.add(Duration.ofNanos(System.nanoTime() - begun));
    }
    // the median, since a machine with two cores also has others
    assertThat(asked.stream().sorted().toList().get(25)).isLessThan(Duration.ofMillis(50));

    upstream.release();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> texts = new ArrayList<>();
      for (Stream stream : streams) {
        texts.add(clients.submit(stream::rest));
      }
      for (Future<String> text : texts) {
        assertThat(text.get())
            .contains(HoldingUpstream.SECOND)
            .contains("\"finish_reason\":\"stop\"")
            .endsWith("data: [DONE]\n\n");
      }
    }
    await()
        .atMost(LONGEST)
        .untilAsserted(() -> assertThat(settled()).containsExactly("succeeded final 1000"));
  }

  @Test
  @DisplayName("1,000 readers that leave at once: each turn is aborted, and settled once")
  void left() {
    streams.forEach(Stream::close);
    await()
        .atMost(LONGEST)
        .untilAsserted(() -> assertThat(settled()).containsExactly("aborted partial 1000"));
    assertThat(api.context().getBean(TurnWatch.class).reportActiveTasks()).hasValue(0);
  }

  private List<String> settled() {
    return api.column(
        "select status || ' ' || completeness || ' ' || count(*) from hermes.usage_records"
            + " where tenant_id = '"
            + tenant.id()
            + "' group by status, completeness");
  }

  /** A reader of one stream, on a socket of its own, that has read to the first word. */
  private record Stream(Socket socket, BufferedReader from) {
    static Stream open(int port, RawKey key) throws IOException {
      Socket socket = new Socket("127.0.0.1", port);
      socket.setSoTimeout((int) LONGEST.toMillis());
      String body = ask(HoldingUpstream.MODEL, "x", "\"stream\":true");
      socket
          .getOutputStream()
          .write(
              """
              POST /v1/chat/completions HTTP/1.1\r
              Host: x\r
              Content-Type: application/json\r
              Authorization: Bearer %s\r
              Connection: close\r
              Content-Length: %d\r
              \r
              %s\
              """
                  .formatted(key.text(), body.length(), body)
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      BufferedReader from =
          new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8), 512);
      StringBuilder seen = new StringBuilder();
      while (seen.indexOf(HoldingUpstream.FIRST) < 0) {
        String line = from.readLine();
        assertThat(line).as("after its end: " + seen).isNotNull();
        seen.append(line).append('\n');
      }
      assertThat(seen.toString()).startsWith("HTTP/1.1 200 OK");
      return new Stream(socket, from);
    }

    /** What comes from here to the end, without the framing of chunks. */
    String rest() throws IOException {
      StringBuilder text = new StringBuilder();
      for (String line = from.readLine(); line != null; line = from.readLine()) {
        if (line.startsWith("data: ")) {
          text.append(line).append("\n\n");
        }
      }
      return text.toString();
    }

    void close() {
      try {
        socket.close();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}

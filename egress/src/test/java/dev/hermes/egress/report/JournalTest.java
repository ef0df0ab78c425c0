package dev.hermes.egress.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.hermes.crds.egress.EgressReason;
import dev.hermes.crds.egress.EgressReport;
import dev.hermes.egress.access.Refusal;
import dev.hermes.egress.access.Sandbox;
import dev.hermes.egress.destination.Destination;
import dev.hermes.egress.destination.Narrowing;
import dev.hermes.egress.health.EgressMetrics;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EnableKubernetesMockClient(crud = true)
class JournalTest {
  private static final Sandbox SANDBOX =
      new Sandbox(
          "uid-1",
          "10.0.0.7",
          "hermes-acme-1",
          "sbx-1",
          "acme",
          "id-acme",
          "default",
          "sb-1",
          true,
          Narrowing.NOT,
          "");
  private static final Refusal REFUSAL =
      Refusal.forbidden(EgressReason.HostNotAllowed, "evil.example:443 is not allowed");
  private static final Optional<Destination> EVIL = Destination.parse("evil.example:443");
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-08-01T12:00:30.123456Z"), ZoneOffset.UTC);

  KubernetesClient client;

  private final EgressMetrics metrics = new EgressMetrics();

  private List<Event> events() {
    return client.events().v1().events().inNamespace("hermes-acme-1").list().getItems();
  }

  private Thread writing(Journal journal) {
    return Thread.ofVirtual()
        .start(() -> {
          try {
            journal.writeForever();
          } catch (InterruptedException e) {
            // the end of the test
          }
        });
  }

  @Test
  @DisplayName("SBX-8 a denial is counted, reported, and an Event on its pod: once for each kind")
  void denial(@TempDir Path dir) throws Exception {
    List<String> bodies = new CopyOnWriteArrayList<>();
    List<String> tokens = new CopyOnWriteArrayList<>();
    HttpServer api =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    api.createContext(
        EgressReport.PATH,
        exchange -> {
          try (exchange) {
            tokens.add(exchange.getRequestHeaders().getFirst("Authorization"));
            bodies.add(new String(exchange.getRequestBody().readAllBytes()));
            exchange.sendResponseHeaders(204, -1);
          }
        });
    api.start();
    Path token = Files.writeString(dir.resolve("token"), "shared\n");
    Journal journal =
        new Journal(
            metrics,
            Optional.of(
                new HttpReports(
                    URI.create(
                        "http://127.0.0.1:" + api.getAddress().getPort() + EgressReport.PATH),
                    token)),
            "hermes-egress-0",
            Optional.of(new PodEvents(client, "hermes-egress-0")),
            CLOCK);
    Thread writer = writing(journal);
    journal.denied("10.0.0.7", Optional.of(SANDBOX), EVIL, REFUSAL);
    journal.denied("10.0.0.7", Optional.of(SANDBOX), EVIL, REFUSAL);
    // nobody's sandbox: counted, and no tenant is told of it
    journal.denied("10.9.9.9", Optional.empty(), EVIL, REFUSAL);
    journal.sent(SANDBOX, 100);
    journal.received(SANDBOX, 2000);
    journal.takeUsage();
    journal.takeUsage();
    await()
        .until(() -> {
          journal.flush();
          return bodies.stream().mapToInt(b -> b.split("evil.example", -1).length - 1).sum() == 2;
        });
    List<EgressReport> reports = new ArrayList<>();
    for (String body : bodies) {
      reports.add(new ObjectMapper().readValue(body, EgressReport.class));
    }
    assertThat(reports.stream().flatMap(r -> r.denials().stream()).toList())
        .containsOnly(
            new EgressReport.Denial(
                "2026-08-01T12:00:30.123Z",
                "uid-1",
                "sb-1",
                "evil.example",
                443,
                EgressReason.HostNotAllowed));
    assertThat(reports.stream().map(EgressReport::usage).filter(Objects::nonNull))
        .containsExactly(new EgressReport.Usage("2026-08-01T11:59:00Z", 100, 2000));
    assertThat(reports).allMatch(report -> report.tenantId().equals("id-acme"));
    assertThat(tokens).containsOnly("Bearer shared");
    assertThat(metrics.scrape())
        .contains("hermes_egress_denied_total{reason=\"HostNotAllowed\",tenant=\"acme\"} 2.0")
        .contains("hermes_egress_denied_total{reason=\"HostNotAllowed\",tenant=\"unknown\"} 1.0")
        .contains("hermes_egress_bytes_total{direction=\"out\",tenant=\"acme\"} 100.0")
        .contains("hermes_egress_bytes_total{direction=\"in\",tenant=\"acme\"} 2000.0");
    await().until(() -> !events().isEmpty());
    assertThat(events())
        .singleElement()
        .satisfies(event -> {
          assertThat(event.getReason()).isEqualTo("EgressHostNotAllowed");
          assertThat(event.getRegarding().getUid()).isEqualTo("uid-1");
          assertThat(event.getNote()).contains("evil.example:443");
        });
    writer.interrupt();
    api.stop(0);
  }

  @Test
  @DisplayName(
      "a report that was not taken is sent again with its id; beyond a bound denials are dropped and counted")
  void again() throws Exception {
    List<EgressReport> sent = new ArrayList<>();
    boolean[] down = {true};
    long[] dropped = {0};
    Outbox outbox =
        new Outbox(
            report -> {
              sent.add(report);
              if (down[0]) {
                throw new IOException("down");
              }
            },
            "p",
            n -> dropped[0] += n);
    Denied denied = new Denied(Instant.EPOCH, "10.0.0.7", Optional.of(SANDBOX), EVIL, REFUSAL);
    outbox.add(denied);
    outbox.flush();
    outbox.add(Map.of("id-acme", new EgressReport.Usage("m", 1, 2)));
    for (int i = 0; i < Outbox.MOST_A_TENANT + 7; i++) {
      outbox.add(denied);
    }
    assertThat(dropped[0]).isEqualTo(7);
    down[0] = false;
    outbox.flush();
    assertThat(sent.get(1)).isEqualTo(sent.get(0));
    assertThat(sent.subList(1, sent.size()).stream().mapToInt(r -> r.denials().size()).sum())
        .isEqualTo(1 + Outbox.MOST_A_TENANT);
    assertThat(sent).allMatch(r -> r.denials().size() <= EgressReport.MOST_DENIALS);
    assertThat(sent.stream().map(EgressReport::usage).filter(Objects::nonNull)).hasSize(1);
    assertThat(sent.stream().map(EgressReport::id).distinct()).hasSize(sent.size() - 1);
  }

  @Test
  @DisplayName(
      "a tenant whose reports are not taken holds up no other; an API that is away is left alone")
  void apart() throws Exception {
    List<String> taken = new ArrayList<>();
    List<String> tried = new ArrayList<>();
    boolean[] away = {true};
    Outbox outbox =
        new Outbox(
            report -> {
              tried.add(report.tenantId());
              if (away[0]) {
                throw new IOException("connection refused");
              }
              if (report.tenantId().equals("a")) {
                throw new NotTakenException("503");
              }
              taken.add(report.tenantId());
            },
            "p",
            n -> {});
    EgressReport.Usage bytes = new EgressReport.Usage("m", 1, 2);
    outbox.add(Map.of("a", bytes));
    outbox.add(Map.of("b", bytes));
    outbox.flush();
    assertThat(tried).containsExactly("a");
    away[0] = false;
    outbox.flush();
    assertThat(taken).containsExactly("b");
    assertThat(outbox.hasUsage("a")).isTrue();
    assertThat(outbox.hasUsage("b")).isFalse();
  }

  @Test
  @DisplayName(
      "bytes of a tenant whose last are not reported yet add up; those of others are taken")
  void bytesAddUp() {
    UsageMeter meter = new UsageMeter();
    meter.sent("a", 1);
    meter.sent("b", 2);
    assertThat(meter.take(Instant.EPOCH, "a"::equals).keySet()).containsExactly("b");
    meter.sent("a", 3);
    assertThat(meter.take(Instant.EPOCH, tenant -> false))
        .extractingByKey("a")
        .extracting(EgressReport.Usage::bytesOut)
        .isEqualTo(4L);
  }

  @Test
  @DisplayName("a loud sandbox is written of so often and no more; its neighbours are")
  void loud() {
    long[] now = {0};
    Pace pace = new Pace(3, 1000, () -> now[0]);
    for (int i = 0; i < 3; i++) {
      assertThat(pace.allows("a")).isTrue();
    }
    assertThat(pace.allows("a")).isFalse();
    assertThat(pace.allows("b")).isTrue();
    now[0] = 1000;
    assertThat(pace.allows("a")).isTrue();
  }

  @Test
  @DisplayName("the number of connections is one, also when the collector has run")
  void gauge() {
    int[] open = {7};
    metrics.connections(() -> open[0]);
    System.gc();
    assertThat(metrics.scrape()).contains("hermes_egress_connections 7.0");
  }
}

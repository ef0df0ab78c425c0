package dev.hermes.api.egress;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.Failures;
import dev.hermes.crds.egress.EgressReport;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import jakarta.annotation.PreDestroy;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The port for reports of the egress proxy, apart from all others: a network policy lets nobody but
 * the proxy reach it, and no key of a tenant opens it.
 */
@Context
@Requires(property = "hermes.egress-report-token-file")
public final class ReportServer {
  private static final Logger LOG = LoggerFactory.getLogger(ReportServer.class);
  private static final int MOST_BYTES = 512 * 1024;

  /** At a time; more would take the database from those who wait for an answer. */
  private static final int MOST_AT_ONCE = 4;

  private final HttpServer server;
  private final ReportToken token;
  private final ReportIntake intake;
  private final MeterRegistry meters;
  private final Clock clock;
  private final Semaphore places = new Semaphore(MOST_AT_ONCE);

  ReportServer(
      @Value("${hermes.egress-report-port:8083}") int port,
      @Value("${hermes.egress-report-token-file}") String tokenFile,
      ReportIntake intake,
      MeterRegistry meters,
      Clock clock)
      throws IOException {
    this.token = new ReportToken(Path.of(tokenFile));
    this.intake = intake;
    this.meters = meters;
    this.clock = clock;
    this.server = HttpServer.create(new InetSocketAddress(port), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", exchange -> answer(exchange, 404, "there is nothing here"));
    server.createContext(EgressReport.PATH, this::report);
    server.start();
  }

  /** The port it listens on; the configured one may be 0. */
  public int port() {
    return server.getAddress().getPort();
  }

  @PreDestroy
  void close() {
    server.stop(0);
  }

  private void report(HttpExchange exchange) throws IOException {
    try {
      boolean taken = take(exchange);
      count(taken ? "taken" : "unknown_tenant");
      answer(exchange, 204, "");
    } catch (ApiException e) {
      refuse(exchange, e.failure());
    } catch (RuntimeException e) {
      refuse(exchange, Failures.of(e, "egress report"));
    }
  }

  /** The token is asked before a byte of the body is read. */
  private boolean take(HttpExchange exchange) throws IOException {
    if (!token.isIn(Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization")))) {
      throw new ApiException(Failure.unauthenticated());
    }
    if (!exchange.getRequestMethod().equals("POST")
        || !exchange.getRequestURI().getPath().equals(EgressReport.PATH)) {
      throw new ApiException(Failure.methodNotAllowed("POST " + EgressReport.PATH + " is all."));
    }
    if (!places.tryAcquire()) {
      throw new ApiException(
          Failure.unavailable("busy", "Too many reports at once.").retryAfter(1));
    }
    try {
      return intake.take(ReportReader.read(body(exchange), clock.instant()));
    } finally {
      places.release();
    }
  }

  private static byte[] body(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
    if (body.length > MOST_BYTES) {
      throw new ApiException(Failure.tooLarge("A report has at most " + MOST_BYTES + " bytes."));
    }
    return body;
  }

  private void refuse(HttpExchange exchange, Failure failure) throws IOException {
    count(failure.status() >= 500 ? "failed" : "refused");
    if (failure.status() != 503) {
      LOG.warn(
          "a report of the egress proxy is refused: {} {}", failure.status(), failure.message());
    }
    failure.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
    answer(exchange, failure.status(), failure.message());
  }

  private void count(String outcome) {
    meters.counter("hermes_egress_reports", "outcome", outcome).increment();
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      if (body.length > 0) {
        exchange.getResponseBody().write(body);
      }
    }
  }
}

package dev.hermes.api.dataplane;

import static dev.hermes.api.dataplane.PlaneCalls.made;
import static dev.hermes.api.dataplane.PlaneCalls.output;
import static dev.hermes.api.dataplane.PlaneCalls.run;
import static dev.hermes.api.dataplane.PlaneCalls.send;
import static dev.hermes.api.dataplane.PlaneCalls.start;
import static dev.hermes.api.dataplane.PlaneCalls.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.dataplane.PlaneCalls.Access;
import dev.hermes.api.testing.TestApi;
import dev.hermes.database.key.RawKey;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A replica that goes while commands run. */
@Timeout(60)
class DepartureIT {
  private static final TestApi API = TestApi.shared();

  private final RawKey key = API.userKey(API.tenant());

  @Test
  @DisplayName("RES-13 a command that runs comes to its end, then the process may go")
  void drains() throws Exception {
    try (TestApi leaving = API.replica(Map.of())) {
      Access sandbox = made(leaving, key);
      Departure departure = leaving.context().getBean(Departure.class);
      HttpResponse<InputStream> answer =
          leaving
              .http()
              .send(
                  with(sandbox, start(leaving, "echo begun; sleep 2; echo to the end")).build(),
                  BodyHandlers.ofInputStream());
      assertThat(departure.reportActiveTasks()).hasValue(1);

      CompletableFuture<?> gone = departure.shutdownGracefully().toCompletableFuture();
      assertThat(gone).as("control: it waits").isNotDone();
      try (InputStream body = answer.body()) {
        assertThat(output(body.readAllBytes())).isEqualTo("begun\nto the end\n");
      }
      gone.get(5, TimeUnit.SECONDS);
      assertThat(departure.reportActiveTasks()).hasValue(0);
    }
  }

  @Test
  @DisplayName("RES-13 from then on each connection ends with its answer")
  void connectionsEnd() throws Exception {
    try (TestApi leaving = API.replica(Map.of())) {
      Access sandbox = made(leaving, key);
      Departure departure = leaving.context().getBean(Departure.class);
      HttpResponse<byte[]> before = run(leaving, sandbox, "echo before");
      assertThat(output(before)).isEqualTo("before\n");
      assertThat(before.headers().firstValue("connection")).as("control").isEmpty();
      assertThat(departure.shutdownGracefully().toCompletableFuture())
          .as("nothing runs")
          .succeedsWithin(Duration.ofSeconds(1));

      HttpResponse<byte[]> after = run(leaving, sandbox, "echo after");
      assertThat(output(after)).isEqualTo("after\n");
      assertThat(after.headers().firstValue("connection")).contains("close");
      HttpResponse<byte[]> refused = send(leaving, start(leaving, "true"));
      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.headers().firstValue("connection")).contains("close");
    }
  }

  @Test
  @DisplayName("who hangs up in the middle is not waited for")
  void hungUp() throws Exception {
    try (TestApi leaving = API.replica(Map.of())) {
      Access sandbox = made(leaving, key);
      Departure departure = leaving.context().getBean(Departure.class);
      String body = "{\"x\":";
      try (Socket socket = new Socket("127.0.0.1", leaving.dataPlane("/").getPort())) {
        socket
            .getOutputStream()
            .write(
                ("POST /process.Process/Start HTTP/1.1\r\nHost: x\r\nE2b-Sandbox-Id: %s\r\n"
                        + "X-Access-Token: %s\r\nContent-Length: 100\r\n\r\n%s")
                    .formatted(sandbox.id(), sandbox.token(), body)
                    .getBytes(StandardCharsets.US_ASCII));
        Awaitility.await().until(() -> departure.reportActiveTasks().orElse(0) == 1);
      }
      departure.shutdownGracefully().toCompletableFuture().get(5, TimeUnit.SECONDS);
    }
  }
}

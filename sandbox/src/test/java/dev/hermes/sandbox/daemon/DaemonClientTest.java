package dev.hermes.sandbox.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client against the real daemon. */
class DaemonClientTest {
  private static final Duration LONG = Duration.ofSeconds(10);

  @TempDir static Path dir;
  private static Daemon daemon;
  private static DaemonClient client;

  @BeforeAll
  static void start() throws Exception {
    daemon = new Daemon(dir, "pod-uid-1");
    client = daemon.client();
    daemon.awaitHealthy(client);
  }

  @AfterAll
  static void stop() throws Exception {
    client.close();
    daemon.close();
  }

  private static ExecResult python(String code) throws Exception {
    return client.executePython(daemon.endpoint, code, LONG);
  }

  private static ExecResult bash(String command) throws Exception {
    return client.runBash(daemon.endpoint, command, LONG);
  }

  @Test
  @DisplayName("Python: streams apart, the value of the last expression, variables kept")
  void python() throws Exception {
    ExecResult first =
        python("import sys\nx = 20\nprint('out: ü')\nprint('err', file=sys.stderr)\nx + 1");
    assertThat(first.stdout()).isEqualTo("out: ü\n");
    assertThat(first.stderr()).isEqualTo("err\n");
    assertThat(first.result()).contains("21");
    assertThat(first.error()).isEmpty();
    assertThat(first.exitCode()).isZero();
    assertThat(first.truncated()).isFalse();
    assertThat(python("x * 2").result()).contains("40");
  }

  @Test
  @DisplayName("Python: an exception has name, value and traceback")
  void exception() throws Exception {
    ExecResult result = python("def f():\n  return {}['k']\nf()");
    assertThat(result.exitCode()).isEqualTo(1);
    ExecResult.ExecError error = result.error().orElseThrow();
    assertThat(error.name()).isEqualTo("KeyError");
    assertThat(error.value()).isEqualTo("'k'");
    assertThat(error.traceback()).contains("return {}['k']");
    assertThat(error.isTimeout()).isFalse();
  }

  @Test
  @DisplayName("Bash: streams apart, exit status, files seen by Python")
  void bash() throws Exception {
    ExecResult result = bash("echo out; echo err >&2; printf kept > file; exit 3");
    assertThat(result.stdout()).isEqualTo("out\n");
    assertThat(result.stderr()).isEqualTo("err\n");
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.result()).isEmpty();
    assertThat(python("open('file').read()").result()).contains("'kept'");
  }

  @Test
  @DisplayName("a call ends at its time limit, and the next works")
  void timeout() throws Exception {
    for (boolean bash : new boolean[] {true, false}) {
      Duration limit = Duration.ofMillis(300);
      ExecResult result =
          bash
              ? client.runBash(daemon.endpoint, "echo on; sleep 100", limit)
              : client.executePython(daemon.endpoint, "print('on')\nwhile True: pass", limit);
      assertThat(result.error().orElseThrow().isTimeout()).isTrue();
      assertThat(result.stdout()).isEqualTo("on\n");
      assertThat(result.exitCode()).isEqualTo(-1);
      assertThat(result.duration()).isBetween(limit, Duration.ofSeconds(3));
    }
    assertThat(python("1").result()).contains("1");
  }

  @Test
  @DisplayName("a gigabyte of output is cut at the limit and marked")
  void output() throws Exception {
    ExecResult result = bash("head -c 1000000000 /dev/zero | tr '\\0' x");
    assertThat(result.stdout()).isEqualTo("x".repeat(2048));
    assertThat(result.truncated()).isTrue();
    assertThat(result.error()).isEmpty();
  }

  @Test
  @DisplayName("a fork bomb is ended and named; the next call works")
  void forkBomb() throws Exception {
    assertThat(bash(":(){ :|:& };:; sleep 100").error().orElseThrow().name())
        .isEqualTo("ProcessLimitError");
    assertThat(bash("echo next").stdout()).isEqualTo("next\n");
  }

  @Test
  @DisplayName("Connect: output, exit status, signal, a command that is missing")
  void connect() throws Exception {
    ProcessResult result = start("/bin/bash", "-l", "-c", "echo $V; pwd; echo err >&2; exit 4");
    assertThat(result)
        .isEqualTo(
            new ProcessResult("v\n/tmp\n", "err\n", 4, "exit status 4", false, Optional.empty()));
    assertThat(start("bash", "-c", "kill -9 $$"))
        .isEqualTo(new ProcessResult("", "", -1, "signal: killed", false, Optional.empty()));
    assertThat(start("no-such-command").error().orElseThrow().code()).isEqualTo("not_found");
    assertThat(start("head", "-c", "5000", "/dev/zero"))
        .returns(2048, r -> r.stdout().length())
        .returns(true, ProcessResult::truncated);
  }

  @Test
  @DisplayName("Connect: a deadline ends the stream with its code and keeps what was said")
  void connectDeadline() throws Exception {
    ProcessResult result =
        client
            .processes()
            .run(
                daemon.endpoint,
                new ProcessRequest(
                    "bash",
                    List.of("-c", "echo on; sleep 100"),
                    Map.of(),
                    Optional.empty(),
                    Duration.ofMillis(300)));
    assertThat(result.stdout()).isEqualTo("on\n");
    assertThat(result.error().orElseThrow().code()).isEqualTo("deadline_exceeded");
  }

  private static ProcessResult start(String cmd, String... args) throws Exception {
    return client
        .processes()
        .run(
            daemon.endpoint,
            new ProcessRequest(cmd, List.of(args), Map.of("V", "v"), Optional.of("/tmp"), LONG));
  }

  @Test
  @DisplayName("more calls than the policy allows are refused, and none of them ran")
  void full() throws Exception {
    Path home = dir.resolve("home-" + daemon.endpoint.port());
    CountDownLatch refused = new CountDownLatch(8);
    AtomicInteger ran = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 12; i++) {
        threads.submit(() -> {
          try {
            bash("until [ -e go ]; do sleep 0.01; done");
            ran.incrementAndGet();
          } catch (DaemonException.Refused e) {
            assertThat(e.code()).isEqualTo("resource_exhausted");
            refused.countDown();
          }
          return null;
        });
      }
      assertThat(refused.await(10, TimeUnit.SECONDS)).isTrue();
      Files.createFile(home.resolve("go"));
    }
    assertThat(ran).hasValue(4);
  }

  @Test
  @DisplayName("a pod that is not the one we mean gets no code")
  void podChanged() throws Exception {
    Endpoint other = new Endpoint("127.0.0.1", daemon.endpoint.port(), "pod-uid-2");
    assertThatThrownBy(() -> client.runBash(other, "touch ran", LONG))
        .isInstanceOf(DaemonException.PodChanged.class)
        .hasMessageNotContaining("pod-uid");
    assertThat(bash("ls ran").exitCode()).isEqualTo(2);
  }

  @Test
  @DisplayName("a key the pod does not trust is refused")
  void unknownKey() throws Exception {
    var keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    try (DaemonClient stranger = new DaemonClient(new TokenSigner(keys.getPrivate()))) {
      assertThatThrownBy(() -> stranger.runBash(daemon.endpoint, "touch ran", LONG))
          .asInstanceOf(type(DaemonException.Refused.class))
          .returns("unauthenticated", DaemonException.Refused::code);
    }
  }

  @Test
  @DisplayName("a pod whose start gate is shut refuses with its reason")
  void shutGate() throws Exception {
    try (ServerSocket answering = new ServerSocket(0);
        Daemon shut = new Daemon(dir, "pod-uid-3", "--deny=127.0.0.1:" + answering.getLocalPort());
        DaemonClient its = shut.client()) {
      org.awaitility.Awaitility.await()
          .ignoreExceptions()
          .atMost(LONG)
          .untilAsserted(() -> assertThat(its.isHealthy(shut.endpoint)).isFalse());
      assertThatThrownBy(() -> its.executePython(shut.endpoint, "1", LONG))
          .hasMessageContaining("waiting for refusals from 127.0.0.1:")
          .asInstanceOf(type(DaemonException.Refused.class))
          .returns("unavailable", DaemonException.Refused::code);
    }
  }

  @Test
  @DisplayName("nobody listens: unreachable; it dies under a call: broken; it is replaced: changed")
  void failures() throws Exception {
    int port = Daemon.freePort();
    var keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    try (DaemonClient its = new DaemonClient(new TokenSigner(keys.getPrivate()))) {
      Endpoint first = new Endpoint("127.0.0.1", port, "pod-uid-4");
      assertThatThrownBy(() -> its.executePython(first, "1", LONG))
          .isInstanceOf(DaemonException.Unreachable.class);
      try (Daemon mortal = new Daemon(dir, "pod-uid-4", keys, port)) {
        mortal.awaitHealthy(its);
        Thread killer =
            Thread.ofVirtual()
                .start(() -> {
                  try {
                    its.runBash(mortal.endpoint, "echo on; sleep 0.3", LONG);
                    mortal.kill();
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                });
        assertThatThrownBy(() -> its.runBash(mortal.endpoint, "sleep 100", LONG))
            .isInstanceOf(DaemonException.Broken.class);
        killer.join();
      }
      try (Daemon heir = new Daemon(dir, "pod-uid-5", keys, port)) {
        heir.awaitHealthy(its);
        assertThatThrownBy(() -> its.executePython(first, "1", LONG))
            .isInstanceOf(DaemonException.PodChanged.class);
      }
    }
  }

  @Test
  @DisplayName("a daemon that never answers does not hold the caller beyond the limit")
  void silence() throws Exception {
    try (ServerSocket silent = new ServerSocket(0)) {
      Thread.ofVirtual()
          .start(() -> {
            try (Socket socket = silent.accept();
                InputStream in = socket.getInputStream()) {
              socket
                  .getOutputStream()
                  .write(
                      "HTTP/1.1 204 No Content\r\nX-Hermes-Pod-Uid: pod-uid-6\r\n\r\n"
                          .getBytes(StandardCharsets.US_ASCII));
              in.transferTo(java.io.OutputStream.nullOutputStream());
            } catch (java.io.IOException e) {
              // the caller has gone
            }
          });
      Endpoint endpoint = new Endpoint("127.0.0.1", silent.getLocalPort(), "pod-uid-6");
      long start = System.nanoTime();
      assertThatThrownBy(() -> client.executePython(endpoint, "1", Duration.ofMillis(100)))
          .isInstanceOf(DaemonException.Broken.class)
          .hasMessageContaining("in time");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
    }
  }

  @Test
  @DisplayName("what a sandbox uses, and no more of it than there is")
  void load() throws Exception {
    SandboxLoad load = client.load(daemon.endpoint);
    assertThat(load.at()).isCloseTo(Instant.now(), within(5, ChronoUnit.SECONDS));
    assertThat(load.cpuCount()).isPositive();
    assertThat(load.memoryUsed()).isPositive().isLessThanOrEqualTo(load.memoryTotal());
    assertThat(load.diskUsed()).isPositive().isLessThanOrEqualTo(load.diskTotal());
  }

  @Test
  @DisplayName("variables of one call go before the sandbox's, and are gone with the next")
  void variables() throws Exception {
    Map<String, String> own = Map.of("MINE", "call");
    client.setEnvironment(daemon.endpoint, Map.of("MINE", "sandbox"));
    String print = "import os; print(os.environ['MINE'])";
    assertThat(client.executePython(daemon.endpoint, print, LONG, own).stdout())
        .isEqualTo("call\n");
    assertThat(client.executePython(daemon.endpoint, print, LONG).stdout()).isEqualTo("sandbox\n");
    assertThat(client.runBash(daemon.endpoint, "echo $MINE", LONG, own).stdout())
        .isEqualTo("call\n");
    assertThat(client.runBash(daemon.endpoint, "echo $MINE", LONG).stdout()).isEqualTo("sandbox\n");
  }

  @Test
  @DisplayName("without namespaces, as on a machine that has none, calls work as well")
  void withoutNamespaces() throws Exception {
    try (Daemon plain = new Daemon(dir, "pod-uid-7", "--no-namespaces");
        DaemonClient its = plain.client()) {
      plain.awaitHealthy(its);
      assertThat(its.executePython(plain.endpoint, "1+1", LONG).result()).contains("2");
      assertThat(its.runBash(plain.endpoint, "echo a", LONG).stdout()).isEqualTo("a\n");
    }
  }
}

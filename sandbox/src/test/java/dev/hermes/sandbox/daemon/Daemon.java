package dev.hermes.sandbox.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The real daemon, built from source, as a process of this machine. */
final class Daemon implements AutoCloseable {
  private static final Path BINARY = build();

  final KeyPair keys;
  final Endpoint endpoint;
  private final Process process;

  Daemon(Path dir, String podUid, String... flags) throws Exception {
    this(dir, podUid, KeyPairGenerator.getInstance("Ed25519").generateKeyPair(), freePort(), flags);
  }

  Daemon(Path dir, String podUid, KeyPair keys, int port, String... flags) throws Exception {
    this.keys = keys;
    this.endpoint = new Endpoint("127.0.0.1", port, podUid);
    Path home = Files.createDirectories(dir.resolve("home-" + port));
    Path uid = Files.writeString(dir.resolve("uid-" + port), podUid);
    for (Path own : List.of(dir, home)) {
      Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxrwxrwx"));
    }
    List<String> command = new ArrayList<>(notRoot());
    command.addAll(
        List.of(
            BINARY.toString(),
            "--listen=127.0.0.1:" + port,
            "--uid-file=" + uid,
            "--home=" + home,
            "--public-keys=" + PublicKeys.of(keys.getPublic()),
            // port 1 refuses
            "--deny=127.0.0.1:1",
            "--output-bytes=2048",
            "--stderr-bytes=1024",
            "--exec-timeout=10s",
            "--concurrent-execs=4"));
    command.addAll(List.of(flags));
    this.process = new ProcessBuilder(command).inheritIO().start();
  }

  DaemonClient client() {
    return new DaemonClient(new TokenSigner(keys.getPrivate()));
  }

  void awaitHealthy(DaemonClient client) {
    await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(20))
        .ignoreExceptions()
        .until(() -> client.isHealthy(endpoint));
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() throws Exception {
    kill();
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** As in a pod: the kernel bounds root's processes by no limit, and a test is a fork bomb. */
  private static List<String> notRoot() {
    return System.getProperty("user.name").equals("root")
        ? List.of("setpriv", "--reuid=61234", "--regid=61234", "--clear-groups")
        : List.of();
  }

  private static Path build() {
    Path binary = Path.of(System.getProperty("sandbox.build"), "sandboxd").toAbsolutePath();
    ProcessBuilder go =
        new ProcessBuilder(
                "go",
                "build",
                "-buildvcs=false",
                "-trimpath",
                "-o",
                binary.toString(),
                "./cmd/sandboxd")
            .directory(Path.of(System.getProperty("sandbox.daemon")).toFile())
            .inheritIO();
    go.environment().put("CGO_ENABLED", "0");
    try {
      assertThat(go.start().waitFor()).as("go build").isZero();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("the daemon cannot be built", e);
    }
    return binary;
  }
}

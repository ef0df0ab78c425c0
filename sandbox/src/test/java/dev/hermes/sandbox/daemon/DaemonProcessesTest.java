package dev.hermes.sandbox.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs that outlive their request, and parts of files, against the real daemon. */
class DaemonProcessesTest {
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

  private static ProcessResult launch(String script, String tag) throws Exception {
    return client
        .processes()
        .launch(
            daemon.endpoint,
            new ProcessRequest(
                "/bin/bash",
                List.of("-c", script),
                Map.of("WHO", "me"),
                Optional.empty(),
                Duration.ofSeconds(5)),
            tag);
  }

  @Test
  @DisplayName("what is left in the background goes on under its tag and is killed by it")
  void background() throws Exception {
    ProcessResult launched = launch("echo $WHO >who; sleep 60 >/dev/null 2>&1 &", "one");
    assertThat(launched.exitCode()).isZero();
    assertThat(client.processes().isRunning(daemon.endpoint, "one")).isTrue();
    assertThat(client.processes().isRunning(daemon.endpoint, "two")).isFalse();
    assertThat(client.files().read(daemon.endpoint, "who", 100).bytes())
        .asString()
        .isEqualTo("me\n");

    client.processes().kill(daemon.endpoint, "one");
    await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> !client.processes().isRunning(daemon.endpoint, "one"));
    client.processes().kill(daemon.endpoint, "one");
    client.processes().kill(daemon.endpoint, "never");
  }

  @Test
  @DisplayName("a program that ends with nothing left is not running; its status is told")
  void ended() throws Exception {
    assertThat(launch("exit 9", "three").exitCode()).isEqualTo(9);
    assertThat(client.processes().isRunning(daemon.endpoint, "three")).isFalse();
  }

  @Test
  @DisplayName("a part and the tail of a file; a tree, with links named and not followed")
  void files() throws Exception {
    byte[] text = "0123456789".getBytes(StandardCharsets.UTF_8);
    client.files().write(daemon.endpoint, "tree/a/b/file", text);
    client.files().write(daemon.endpoint, "tree/empty", new byte[0]);
    launch("ln -s /etc tree/etc; ln -s a/b/file tree/link", "four");

    DaemonFiles files = client.files();
    assertThat(files.read(daemon.endpoint, "tree/a/b/file", 3, 4).bytes())
        .asString()
        .isEqualTo("3456");
    assertThat(files.read(daemon.endpoint, "tree/a/b/file", 8, 4).bytes())
        .asString()
        .isEqualTo("89");
    DaemonFiles.Content tail = files.tail(daemon.endpoint, "tree/a/b/file", 3);
    assertThat(tail.bytes()).asString().isEqualTo("789");
    assertThat(tail.isWhole()).isFalse();
    assertThat(files.tail(daemon.endpoint, "tree/a/b/file", 99).isWhole()).isTrue();
    assertThat(files.tail(daemon.endpoint, "tree/empty", 3).bytes()).isEmpty();

    assertThat(files.list(daemon.endpoint, "tree", 9))
        .extracting(DaemonFiles.Entry::name, DaemonFiles.Entry::link)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("a", false),
            org.assertj.core.groups.Tuple.tuple("b", false),
            org.assertj.core.groups.Tuple.tuple("file", false),
            org.assertj.core.groups.Tuple.tuple("empty", false),
            org.assertj.core.groups.Tuple.tuple("etc", true),
            org.assertj.core.groups.Tuple.tuple("link", true));
    assertThat(files.list(daemon.endpoint, "tree")).as("one level").hasSize(4);
    assertThatThrownBy(() -> files.tail(daemon.endpoint, "tree/none", 1))
        .isInstanceOfSatisfying(
            DaemonException.Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("not_found"));
  }
}

package dev.hermes.sandbox.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
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

  private static RunningProgram begin(String script) throws Exception {
    return client
        .processes()
        .begin(
            daemon.endpoint,
            new ProcessRequest(
                "/bin/bash",
                List.of("-c", script),
                Map.of("WHO", "me"),
                Optional.empty(),
                Duration.ofSeconds(60)));
  }

  /** What is heard up to the end, output and errors apart by a bar. */
  private static String toTheEnd(RunningProgram program) throws Exception {
    StringBuilder output = new StringBuilder();
    StringBuilder errors = new StringBuilder();
    while (true) {
      switch (program.next()) {
        case RunningProgram.Output it -> output.append(new String(it.bytes(), UTF_8));
        case RunningProgram.Errors it -> errors.append(new String(it.bytes(), UTF_8));
        case RunningProgram.Ended it -> {
          return output + "|" + errors + "|" + it.how();
        }
      }
    }
  }

  @Test
  @DisplayName("a program is spoken with until its input ends")
  void spokenWith() throws Exception {
    try (RunningProgram program =
        begin("while read x; do echo $WHO said $x; echo e >&2; done; exit 3")) {
      program.write("one\n".getBytes(UTF_8), Duration.ofSeconds(5));
      program.write("two\n".getBytes(UTF_8), Duration.ofSeconds(5));
      program.closeInput();
      assertThat(toTheEnd(program)).isEqualTo("me said one\nme said two\n|e\ne\n|exit status 3");
      assertThatThrownBy(() -> program.write(new byte[1], Duration.ofSeconds(5)))
          .isInstanceOf(DaemonException.Refused.class);
    }
    try (RunningProgram program = begin("sleep 60")) {
      program.terminate();
      assertThat(toTheEnd(program)).isEqualTo("||signal: terminated");
    }
    try (RunningProgram program =
        client
            .processes()
            .begin(
                daemon.endpoint,
                new ProcessRequest(
                    "/no/such", List.of(), Map.of(), Optional.empty(), Duration.ofSeconds(5)))) {
      assertThat(toTheEnd(program)).contains("/no/such");
    }
  }

  @Test
  @DisplayName("what a program that is closed has started ends with it, and nobody waits for it")
  void closed() throws Exception {
    Path mark = dir.resolve("mark");
    RunningProgram program =
        begin("echo on; (while sleep 0.05; do date +%N >" + mark + "; done) & read x");
    assertThat(program.next()).isInstanceOf(RunningProgram.Output.class);
    await().until(() -> Files.exists(mark));
    program.close();
    assertThatThrownBy(program::next).isInstanceOf(DaemonException.Broken.class);
    await()
        .until(() -> {
          String before = Files.readString(mark);
          Thread.sleep(300);
          return before.equals(Files.readString(mark));
        });
  }

  @Test
  @DisplayName("input that a program does not read holds its writer no longer than that says")
  void unread() throws Exception {
    try (RunningProgram program = begin("sleep 60")) {
      long begun = System.nanoTime();
      assertThatThrownBy(() -> program.write(new byte[1 << 20], Duration.ofMillis(300)))
          .isInstanceOf(DaemonException.class);
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
    }
  }

  @Test
  @DisplayName("a part and the tail of a file; a tree, with links named and not followed")
  void files() throws Exception {
    byte[] text = "0123456789".getBytes(UTF_8);
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

package dev.hermes.api.toolserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.testing.StdioServer;
import dev.hermes.api.toolserver.ToolServerFailed.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The client of MCP over stdin and stdout against a strict server. */
class StdioTransportTest {
  private static final Duration MOST = Duration.ofSeconds(5);
  private final List<LocalProgram> programs = new ArrayList<>();

  @AfterEach
  void close() {
    programs.forEach(LocalProgram::close);
  }

  private ToolServerSession session(StdioServer server) {
    return session(server, MOST);
  }

  private ToolServerSession session(StdioServer server, Duration most) {
    programs.add(new LocalProgram(server.named("words")));
    return new ToolServerSession(new StdioTransport(programs.getLast(), new ObjectMapper()), most);
  }

  private static ToolAnswer call(ToolServerSession session, String tool, String word)
      throws Exception {
    ObjectNode params = JsonNodeFactory.instance.objectNode().put("name", tool);
    params.putObject("arguments").put("word", word);
    return ToolAnswer.of(session.ask("tools/call", params));
  }

  private static ToolServerFailed failure(ToolServerSession session, String tool) {
    ToolServerFailed failure =
        catchThrowableOfType(ToolServerFailed.class, () -> call(session, tool, "hi"));
    assertThat(failure).isNotNull();
    return failure;
  }

  @Test
  @DisplayName("AGW-8 calls of one turn share a process; its input's end ends it")
  void calls() throws Exception {
    StdioServer server = new StdioServer("", "say", "fail", "error", "slowly", "count");
    ToolServerSession session = session(server);
    assertThat(call(session, "say", "zwölf\nLinien"))
        .isEqualTo(new ToolAnswer("say says zwölf\nLinien", false, false));
    assertThat(call(session, "fail", "x"))
        .isEqualTo(new ToolAnswer("that word is not allowed", true, false));
    assertThat(failure(session, "error")).hasMessage("no such word");
    assertThat(call(session, "slowly", "x").text()).isEqualTo("piece by piece");
    call(session, "count", "");
    assertThat(call(session, "count", "").text()).startsWith("call 2 of ");
    assertThat(server.count("initialize")).isEqualTo(1);
    assertThat(session.isOver()).isFalse();
    session.end();
    assertThat(session.isOver()).isTrue();
    await().until(() -> !programs.getFirst().isAlive());
    assertThat(server.heard()).endsWith("ends");
    assertThat(programs.getFirst().wasTerminated()).as("it went by itself").isFalse();
    assertThat(server.refusals()).isEmpty();
  }

  @Test
  @DisplayName("a list is read page by page")
  void list() throws Exception {
    StdioServer server = new StdioServer("", "a", "b", "c", "d", "e");
    Listing.Found found = Listing.of(server.named("words", "a", "c", "e"), session(server));
    assertThat(found.tools())
        .extracting(ListedTool::wire)
        .containsExactly("words_a", "words_c", "words_e");
    assertThat(found.tools()).allMatch(ListedTool::inSandbox);
    assertThat(server.count("tools/list")).isEqualTo(3);
  }

  @Test
  @DisplayName("AGW-8 calls at one time share the process, and each gets its own answer")
  void parallel() throws Exception {
    StdioServer server = new StdioServer("", "meet", "say");
    ToolServerSession session = session(server, Duration.ofSeconds(10));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      // the first two can only end together
      List<Callable<ToolAnswer>> all = new ArrayList<>();
      all.add(() -> call(session, "meet", "0"));
      all.add(() -> call(session, "meet", "1"));
      for (int i = 2; i < 20; i++) {
        String word = String.valueOf(i);
        all.add(() -> call(session, "say", word));
      }
      List<Future<ToolAnswer>> answers = threads.invokeAll(all);
      for (int i = 0; i < answers.size(); i++) {
        assertThat(answers.get(i).get().text()).endsWith(" says " + i);
      }
    }
    assertThat(server.count("initialize")).isEqualTo(1);
    assertThat(server.processes()).isEqualTo(1);
  }

  @Test
  @DisplayName("a server may ask and tell; what it may not have is refused")
  void asks() throws Exception {
    StdioServer server = new StdioServer("", "asks");
    assertThat(call(session(server), "asks", "x").text()).isEqualTo("asks says x");
    await()
        .untilAsserted(() -> assertThat(server.heard()).contains("answer \"p1\"", "answer \"s1\""));
    assertThat(server.refusals()).isEmpty();
  }

  @ParameterizedTest
  @DisplayName("a server that breaks the protocol or ends is told of, and is ended")
  @CsvSource({
    "crash,   UNREACHABLE, its program has ended: exit status 3",
    "rubbish, PROTOCOL,    it wrote a line to stdout that is no message; logs go to stderr",
    "huge,    PROTOCOL,    its answer is larger than 1 MiB",
    "flood,   PROTOCOL,    it said more than 1 MiB that nobody asked for",
    "endless, PROTOCOL,    its answer is larger than 1 MiB",
  })
  void wrong(String tool, Kind kind, String message) throws Exception {
    StdioServer server = new StdioServer("", tool, "say");
    ToolServerSession session = session(server);
    assertThat(call(session, "say", "control").text()).isEqualTo("say says control");
    ToolServerFailed failure = failure(session, tool);
    assertThat(failure).hasMessage(message);
    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(session.isOver()).isTrue();
    assertThat(failure(session, "say")).as("later calls are told the same").hasMessage(message);
    await().until(() -> !programs.getFirst().isAlive());
  }

  @Test
  @DisplayName("1 MiB is enough for an answer, and noise on stderr is neither kept nor in the way")
  void large() throws Exception {
    ToolServerSession session = session(new StdioServer("", "large", "noise", "crash"));
    for (int i = 0; i < 3; i++) {
      assertThat(call(session, "large", "x").truncated()).isTrue();
    }
    assertThat(call(session, "noise", "x").text()).isEqualTo("noise says x");
    ToolServerFailed failure = failure(session, "crash");
    assertThat(failure.told()).startsWith("its program has ended: exit status 3\n[stderr]\n…");
    assertThat(failure.told()).endsWith("crashed on hi").hasSizeLessThan(2200);
    assertThat(failure.getMessage()).as("what a log shows").doesNotContain("hi");
    assertThat(failure.line()).doesNotContain("\u001b", "\n");
  }

  @ParameterizedTest
  @DisplayName("one that does not begin well is ended, and says why")
  @CsvSource({
    "silent, TIMEOUT,     it did not answer within 1 s",
    "banner, PROTOCOL,    it wrote a line to stdout that is no message",
    "dies,   UNREACHABLE, its program has ended: exit status 4",
    "old,    PROTOCOL,    it speaks another version of MCP",
  })
  void beginnings(String mode, Kind kind, String message) {
    StdioServer server = new StdioServer(mode, "say");
    ToolServerSession session = session(server, Duration.ofSeconds(mode.equals("silent") ? 1 : 5));
    ToolServerFailed failure = failure(session, "say");
    assertThat(failure).hasMessageStartingWith(message);
    assertThat(failure.kind()).isEqualTo(kind);
    if (mode.equals("dies")) {
      assertThat(failure.told()).contains("no such database: /srv/words");
    }
    if (mode.equals("banner")) {
      assertThat(failure.told()).contains("Words server 1.0 is ready");
    }
    await().until(session::isOver);
    await().until(() -> !programs.getFirst().isAlive());
  }

  @Test
  @DisplayName("AGW-8 a call that takes too long is cancelled; the process serves the next")
  void slow() throws Exception {
    StdioServer server = new StdioServer("", "slow", "say");
    ToolServerSession session = session(server, Duration.ofSeconds(1));
    assertThat(failure(session, "slow").kind()).isEqualTo(Kind.TIMEOUT);
    await().until(() -> server.count("notifications/cancelled") == 1);
    assertThat(call(session, "say", "next").text()).isEqualTo("say says next");
    assertThat(server.processes()).isEqualTo(1);
  }

  @Test
  @DisplayName("who is interrupted does not wait, and the server is told")
  void interrupted() throws Exception {
    StdioServer server = new StdioServer("", "slow");
    ToolServerSession session = session(server, Duration.ofSeconds(20));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<ToolAnswer> call = threads.submit(() -> call(session, "slow", "x"));
      await().until(() -> server.count("tools/call") == 1);
      call.cancel(true);
      await().until(() -> server.count("notifications/cancelled") == 1);
    }
  }

  @Test
  @DisplayName("one that stays behind the end of its input is asked to go, and goes")
  void stays() throws Exception {
    StdioServer server = new StdioServer("stays", "say");
    ToolServerSession session = session(server);
    call(session, "say", "x");
    session.end();
    session.end();
    await().atMost(Duration.ofSeconds(10)).until(() -> !programs.getFirst().isAlive());
    assertThat(server.heard()).contains("ends");
    assertThat(programs.getFirst().wasTerminated()).isTrue();
  }

  @Test
  @DisplayName("lines are whole however they come, and no longer than they may be")
  void lines() throws Exception {
    Lines lines = new Lines(5);
    assertThat(lines.add("a\nbc".getBytes())).containsExactly("a".getBytes());
    assertThat(lines.add("d".getBytes())).isEmpty();
    assertThat(lines.add("e\n\n12345\n".getBytes()))
        .containsExactly("bcde".getBytes(), new byte[0], "12345".getBytes());
    assertThat(lines.add("123".getBytes())).isEmpty();
    assertThat(catchThrowableOfType(ToolServerFailed.class, () -> lines.add("456\n".getBytes())))
        .hasMessage("its answer is larger than 1 MiB");
  }
}

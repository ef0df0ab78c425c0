package dev.hermes.api.toolserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.Cut;
import dev.hermes.api.toolserver.ToolServerFailed.Kind;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.RunningProgram;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Standard input and output of a program in a sandbox, as the specification of 2025-06-18 has it: a
 * message a line. Many may ask at one time; answers find who waits by their id. A program that
 * breaks the protocol is ended, for nothing that it says later could be trusted to be an answer.
 */
final class StdioTransport implements Transport {
  private static final int MOST_SHOWN = 200;
  private static final int MOST_REPLIES = 16;
  private static final Duration WRITE = Duration.ofSeconds(300);
  private static final Duration LEAVES = Duration.ofSeconds(2);

  private final RunningProgram program;
  private final ObjectMapper json;
  private final Waiting waiting = new Waiting();
  private final Lines lines = new Lines(RpcMessages.MOST_ANSWER);
  private final LastWords errors = new LastWords();
  private final Semaphore replies = new Semaphore(MOST_REPLIES);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicBoolean leaving = new AtomicBoolean();
  private long idle;

  /** Hears the program from now on. */
  StdioTransport(RunningProgram program, ObjectMapper json) {
    this.program = program;
    this.json = json;
    Thread.ofVirtual().name("tool-server-hearing").start(this::hear);
  }

  @Override
  public JsonNode exchange(long id, ObjectNode request)
      throws ToolServerFailed, InterruptedException {
    waiting.begin(id);
    try {
      tell(request);
      return waiting.await(id);
    } finally {
      waiting.end(id);
    }
  }

  /** JSON as it is written here has no line's end in it. */
  @Override
  public void tell(ObjectNode message) throws ToolServerFailed, InterruptedException {
    waiting.check();
    boolean written = false;
    try {
      program.write((message + "\n").getBytes(StandardCharsets.UTF_8), WRITE);
      written = true;
    } catch (DaemonException e) {
      awaitEnd();
      waiting.check();
      throw new ToolServerFailed(Kind.UNREACHABLE, "its program takes no input", errors.text());
    } finally {
      if (!written) {
        // a part of a line may have been taken: what comes behind it would be no message
        broken(new ToolServerFailed(Kind.UNREACHABLE, "its program takes no input"));
      }
    }
  }

  /** Each line says all that it needs. */
  @Override
  public void speaks(String version) {}

  @Override
  public boolean isOver() {
    return waiting.isFailed() || leaving.get();
  }

  /** Ends its input; asks it to end, and ends it, when it does not by itself. */
  @Override
  public void end() {
    if (!leaving.compareAndSet(false, true)) {
      return;
    }
    Thread.ofVirtual()
        .name("tool-server-parting")
        .start(() -> {
          try (program) {
            leave();
          }
        });
  }

  private void leave() {
    try {
      if (!awaitEnd(Duration.ZERO)) {
        program.closeInput();
      }
      if (!awaitEnd(LEAVES)) {
        program.terminate();
        awaitEnd(LEAVES);
      }
    } catch (DaemonException e) {
      // closing is the last word in any case
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What ends a program is told a moment after its input has ended. */
  private void awaitEnd() throws InterruptedException {
    awaitEnd(Duration.ofMillis(500));
  }

  private boolean awaitEnd(Duration most) throws InterruptedException {
    return ended.await(most.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void hear() {
    try {
      while (true) {
        switch (program.next()) {
          case RunningProgram.Output it -> take(lines.add(it.bytes()));
          case RunningProgram.Errors it -> errors.add(it.bytes());
          case RunningProgram.Ended it -> {
            waiting.fail(
                new ToolServerFailed(
                    Kind.UNREACHABLE, "its program has ended: " + it.how(), errors.text()));
            return;
          }
        }
      }
    } catch (DaemonException e) {
      waiting.fail(
          new ToolServerFailed(Kind.UNREACHABLE, "the sandbox that it ran in has broken off"));
    } catch (ToolServerFailed e) {
      broken(e);
    } finally {
      ended.countDown();
      program.close();
    }
  }

  private void broken(ToolServerFailed why) {
    waiting.fail(why);
    leaving.set(true);
    program.close();
  }

  private void take(List<byte[]> whole) throws ToolServerFailed {
    for (byte[] line : whole) {
      take(new String(line, StandardCharsets.UTF_8).strip(), line.length + 1);
    }
  }

  private void take(String line, int bytes) throws ToolServerFailed {
    idle += bytes;
    if (!line.isEmpty()) {
      for (JsonNode each : RpcMessages.each(message(line))) {
        take(each);
      }
    }
    if (idle > RpcMessages.MOST_ANSWER) {
      throw new ToolServerFailed(
          Kind.PROTOCOL, "it said more than 1 MiB that nobody asked for", errors.text());
    }
  }

  private void take(JsonNode message) throws ToolServerFailed {
    if (waiting.answered(message)) {
      idle = 0;
    } else if (RpcMessages.asks(message)) {
      reply(RpcMessages.answer(message));
    }
  }

  private JsonNode message(String line) throws ToolServerFailed {
    try {
      JsonNode message = RpcMessages.parse(line, json);
      if (message.isContainerNode()) {
        return message;
      }
    } catch (ToolServerFailed e) {
      throw rubbish(line);
    }
    throw rubbish(line);
  }

  private ToolServerFailed rubbish(String line) {
    String begins = Cut.marked(line, MOST_SHOWN).replaceAll("\\p{Cntrl}", "?");
    return new ToolServerFailed(
        Kind.PROTOCOL,
        "it wrote a line to stdout that is no message; logs go to stderr",
        (begins + "\n" + errors.text()).strip());
  }

  /** Not by who hears, for the program may not read before it is heard. */
  private void reply(ObjectNode message) throws ToolServerFailed {
    if (!replies.tryAcquire()) {
      throw new ToolServerFailed(Kind.PROTOCOL, "it asks for more than it reads answers to");
    }
    Parting.quietly(() -> {
      try {
        tell(message);
      } finally {
        replies.release();
      }
      return true;
    });
  }
}

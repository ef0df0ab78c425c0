package dev.hermes.api.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

class SseStreamTest {
  private final AtomicInteger cancels = new AtomicInteger();
  private final SseStream stream = new SseStream(Runnable::run, cancels::incrementAndGet);
  private final Reader reader = new Reader();

  @Test
  void eventsComeInOrderAndAsAskedFor() {
    stream.subscribe(reader);
    stream.send(bytes("a"));
    stream.send(bytes("b"));
    assertThat(reader.seen).isEmpty();
    reader.subscription.request(1);
    assertThat(reader.seen).containsExactly("a");
    stream.complete();
    assertThat(reader.completed).isFalse();
    reader.subscription.request(5);
    assertThat(reader.seen).containsExactly("a", "b");
    assertThat(reader.completed).isTrue();
  }

  @Test
  @DisplayName("a stalled reader makes the writer wait")
  void backPressure() {
    stream.subscribe(reader);
    AtomicInteger sent = new AtomicInteger();
    Thread writer =
        Thread.ofVirtual()
            .start(() -> {
              for (int i = 0; i < 100; i++) {
                stream.send(bytes("" + i));
                sent.incrementAndGet();
              }
            });
    Awaitility.await().until(() -> writer.getState() == Thread.State.TIMED_WAITING);
    assertThat(sent.get()).isEqualTo(16);
    reader.subscription.request(Long.MAX_VALUE);
    Awaitility.await().until(() -> sent.get() == 100 && reader.seen.size() == 100);
  }

  @Test
  @DisplayName("a reader that leaves frees the writer and is told of once")
  void cancel() {
    stream.subscribe(reader);
    CompletableFuture<Void> writer =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; i < 100; i++) {
                stream.send(bytes("x"));
              }
            },
            task -> Thread.ofVirtual().start(task));
    reader.subscription.cancel();
    reader.subscription.cancel();
    assertThatThrownBy(writer::join).hasCauseInstanceOf(ClientGoneException.class);
    assertThat(cancels.get()).isEqualTo(1);
    stream.complete();
    assertThat(reader.completed).isFalse();
  }

  @Test
  @DisplayName(
      "a writer that waits for a stalled reader can be interrupted, and the reader is hung up on")
  void interrupted() {
    stream.subscribe(reader);
    CompletableFuture<Boolean> failed = new CompletableFuture<>();
    Thread writer =
        Thread.ofVirtual()
            .start(() -> {
              try {
                for (int i = 0; i < 100; i++) {
                  stream.send(bytes("x"));
                }
              } catch (ClientGoneException e) {
                failed.complete(true);
              }
            });
    Awaitility.await().until(() -> writer.getState() == Thread.State.TIMED_WAITING);
    writer.interrupt();
    assertThat(failed.join()).isTrue();
    stream.abort();
    assertThat(reader.failed).isTrue();
    reader.subscription.request(100);
    assertThat(reader.seen).isEmpty();
  }

  @Test
  @DisplayName("no heartbeat while events flow; a failure before the first event leaves no stream")
  void heartbeatAndRefusal() {
    stream.subscribe(reader);
    reader.subscription.request(10);
    stream.heartbeat();
    assertThat(reader.seen).isEmpty();
    assertThat(stream.refuse(new IllegalStateException())).isTrue();
    SseStream other = new SseStream(Runnable::run, () -> {});
    other.send(bytes("x"));
    assertThat(other.refuse(new IllegalStateException())).isFalse();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static final class Reader implements Subscriber<byte[]> {
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private Subscription subscription;
    private volatile boolean completed;
    private volatile boolean failed;

    @Override
    public void onSubscribe(Subscription given) {
      subscription = given;
    }

    @Override
    public void onNext(byte[] frame) {
      seen.add(new String(frame, StandardCharsets.UTF_8));
    }

    @Override
    public void onError(Throwable error) {
      failed = true;
    }

    @Override
    public void onComplete() {
      completed = true;
    }
  }
}

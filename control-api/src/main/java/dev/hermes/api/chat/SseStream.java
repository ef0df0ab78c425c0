package dev.hermes.api.chat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * Between the turn's thread, which writes events and may be made to wait, and the server, which
 * takes them as the socket has room. The one place where reactive types appear.
 */
final class SseStream implements EventSink, Publisher<byte[]>, Subscription {
  private static final int CAPACITY = 16;
  private static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(8);
  private static final byte[] HEARTBEAT = ": hermes\n\n".getBytes(StandardCharsets.UTF_8);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final Deque<byte[]> waiting = new ArrayDeque<>();
  private final CompletableFuture<Boolean> started = new CompletableFuture<>();
  private final Executor writer;
  private final Runnable onCancel;
  private volatile @Nullable Subscriber<? super byte[]> subscriber;
  private long demand;
  private long lastWrite = System.nanoTime();
  private boolean complete;
  private boolean cancelled;
  private boolean draining;

  /**
   * @param writer the client's event loop: what is handed over elsewhere may arrive after the end
   */
  SseStream(Executor writer, Runnable onCancel) {
    this.writer = writer;
    this.onCancel = onCancel;
  }

  /** Completed by the first event, or by {@link #refuse} when there will be none. */
  CompletableFuture<Boolean> started() {
    return started;
  }

  @Override
  public boolean hasStarted() {
    return started.isDone();
  }

  /** The request failed before the first event: it gets an answer of its own. */
  boolean refuse(Throwable failure) {
    return started.completeExceptionally(failure);
  }

  /** Waits while the client reads slowly. */
  @Override
  public void send(byte[] frame) {
    lock.lock();
    try {
      if (!hasRoom()) {
        throw new ClientGoneException();
      }
      add(frame);
    } finally {
      lock.unlock();
    }
    started.complete(true);
    drain();
  }

  /**
   * False when nobody will read: the client has left, reads nothing for long, or the turn is over.
   */
  private boolean hasRoom() {
    long left = STALL_NANOS;
    try {
      while (waiting.size() >= CAPACITY && !cancelled && left > 0) {
        left = room.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      return false;
    }
    return !cancelled && left > 0;
  }

  /** A comment, when nothing was sent for a while: proxies and clients drop silent connections. */
  void heartbeat() {
    lock.lock();
    try {
      boolean quiet = System.nanoTime() - lastWrite >= QUIET_NANOS;
      if (!quiet || complete || cancelled || !waiting.isEmpty()) {
        return;
      }
      add(HEARTBEAT);
    } finally {
      lock.unlock();
    }
    started.complete(true);
    drain();
  }

  /** Ends a stream that nobody reads any more; a client that is still there is hung up on. */
  void abort() {
    lock.lock();
    try {
      if (cancelled) {
        return;
      }
      cancelled = true;
      waiting.clear();
    } finally {
      lock.unlock();
    }
    Subscriber<? super byte[]> reader = subscriber;
    if (reader != null) {
      writer.execute(() -> reader.onError(new ClientGoneException()));
    }
  }

  @Override
  public void complete() {
    lock.lock();
    try {
      complete = true;
    } finally {
      lock.unlock();
    }
    drain();
  }

  @Override
  public void subscribe(Subscriber<? super byte[]> reader) {
    lock.lock();
    try {
      subscriber = reader;
    } finally {
      lock.unlock();
    }
    reader.onSubscribe(this);
  }

  @Override
  public void request(long more) {
    lock.lock();
    try {
      demand = demand + more < 0 ? Long.MAX_VALUE : demand + more;
    } finally {
      lock.unlock();
    }
    drain();
  }

  @Override
  public void cancel() {
    lock.lock();
    try {
      if (cancelled) {
        return;
      }
      cancelled = true;
      waiting.clear();
      room.signalAll();
    } finally {
      lock.unlock();
    }
    onCancel.run();
  }

  private void add(byte[] frame) {
    waiting.add(frame);
    lastWrite = System.nanoTime();
  }

  private void drain() {
    writer.execute(this::handOver);
  }

  /** Hands over what was asked for; one thread at a time, and never under the lock. */
  private void handOver() {
    for (Step step = next(true); ; step = next(false)) {
      if (step.frame() != null) {
        step.reader().onNext(step.frame());
      } else {
        if (step.last()) {
          step.reader().onComplete();
        }
        return;
      }
    }
  }

  private record Step(Subscriber<? super byte[]> reader, byte @Nullable [] frame, boolean last) {}

  private static final Step NOTHING = new Step(new NoReader(), null, false);

  private Step next(boolean enter) {
    lock.lock();
    try {
      Subscriber<? super byte[]> reader = subscriber;
      if (enter && draining || reader == null) {
        return NOTHING;
      }
      draining = true;
      if (!cancelled && demand > 0 && !waiting.isEmpty()) {
        demand--;
        room.signal();
        return new Step(reader, waiting.remove(), false);
      }
      draining = false;
      boolean end = complete && waiting.isEmpty() && !cancelled;
      // nothing may follow the end
      cancelled |= end;
      return new Step(reader, null, end);
    } finally {
      lock.unlock();
    }
  }

  private static final class NoReader implements Subscriber<byte[]> {
    @Override
    public void onSubscribe(Subscription subscription) {}

    @Override
    public void onNext(byte[] frame) {}

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onComplete() {}
  }
}

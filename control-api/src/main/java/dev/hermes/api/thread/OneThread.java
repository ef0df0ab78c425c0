package dev.hermes.api.thread;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Takes a request from the event loop to a virtual thread, and leaves it there: what one of its
 * filters hands on to the next, and to the controller, is in a thread that may block already. A new
 * thread for each would carry the request's context over and wait for a core five times.
 */
final class OneThread extends AbstractExecutorService {
  private final ExecutorService threads;

  /**
   * @param threads of which each task gets a virtual one
   */
  OneThread(ExecutorService threads) {
    this.threads = threads;
  }

  @Override
  public void execute(Runnable task) {
    if (Thread.currentThread().isVirtual()) {
      task.run();
    } else {
      threads.execute(task);
    }
  }

  @Override
  public void shutdown() {
    threads.shutdown();
  }

  @Override
  public List<Runnable> shutdownNow() {
    return threads.shutdownNow();
  }

  @Override
  public boolean isShutdown() {
    return threads.isShutdown();
  }

  @Override
  public boolean isTerminated() {
    return threads.isTerminated();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return threads.awaitTermination(timeout, unit);
  }
}

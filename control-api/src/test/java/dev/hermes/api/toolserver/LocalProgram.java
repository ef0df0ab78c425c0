package dev.hermes.api.toolserver;

import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.sandbox.daemon.RunningProgram;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;

/** A process of this machine in place of one in a sandbox. */
final class LocalProgram implements RunningProgram {
  private final Process process;
  private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>(4);
  private final CountDownLatch pipes = new CountDownLatch(2);
  private volatile boolean terminated;

  LocalProgram(TenantSpec.McpServer server) {
    ProcessBuilder builder = new ProcessBuilder(server.command());
    server.env().forEach(it -> builder.environment().put(it.name(), it.value()));
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    pump(process.getInputStream(), Output::new);
    pump(process.getErrorStream(), Errors::new);
    Thread.ofVirtual()
        .start(() -> {
          try {
            int code = process.waitFor();
            pipes.await();
            heard.put(new Ended("exit status " + code));
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Override
  public Heard next() {
    try {
      return heard.take();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void write(byte[] input, Duration within) throws InterruptedException {
    try {
      process.getOutputStream().write(input);
      process.getOutputStream().flush();
    } catch (IOException e) {
      // a pipe that nobody reads: what ended it is heard
      Thread.sleep(1);
    }
  }

  @Override
  public void closeInput() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void terminate() {
    terminated = true;
    process.destroy();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  boolean wasTerminated() {
    return terminated;
  }

  private void pump(InputStream from, Function<byte[], Heard> as) {
    Thread.ofVirtual()
        .start(() -> {
          byte[] buffer = new byte[32 << 10];
          try (from) {
            for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
              heard.put(as.apply(java.util.Arrays.copyOf(buffer, read)));
            }
          } catch (IOException | InterruptedException e) {
            // the process has ended
            return;
          } finally {
            pipes.countDown();
          }
        });
  }
}

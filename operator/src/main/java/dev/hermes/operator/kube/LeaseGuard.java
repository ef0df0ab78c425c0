package dev.hermes.operator.kube;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Lets a process that has led send nothing that writes once its lease has run out. One that was
 * paused wakes up in the middle of its work, and notices only at its next renewal that another one
 * leads: until then a thread of it would write what it had in hand. The time is of this process,
 * from the start of the last renewal that the API server took; no clock of another machine counts.
 */
public final class LeaseGuard implements Interceptor {
  private final String lease;
  private final long nanos;
  private final LongSupplier clock;
  private final Runnable onExpired;

  /** One renewal is under way at a time. */
  private volatile long renewing;

  private volatile long renewed;
  private volatile boolean led;

  /**
   * @param leaseName of the leader election
   * @param duration after which another process may lead
   * @param clock that never goes back, in nanoseconds
   * @param onExpired ends the process
   */
  public LeaseGuard(String leaseName, Duration duration, LongSupplier clock, Runnable onExpired) {
    this.lease = "/leases/" + leaseName;
    this.nanos = duration.toNanos();
    this.clock = clock;
    this.onExpired = onExpired;
  }

  @Override
  public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
    if (!isWrite(request)) {
      return;
    }
    if (isRenewal(request)) {
      renewing = clock.getAsLong();
    } else if (led && clock.getAsLong() - renewed >= nanos) {
      onExpired.run();
      throw new IllegalStateException("the lease " + lease + " has run out");
    }
  }

  @Override
  public void after(
      HttpRequest request,
      HttpResponse<?> response,
      AsyncBody.Consumer<List<ByteBuffer>> consumer) {
    if (isWrite(request) && isRenewal(request) && response.isSuccessful()) {
      renewed = renewing;
      led = true;
    }
  }

  private boolean isRenewal(HttpRequest request) {
    return request.uri().getPath().endsWith(lease) || request.uri().getPath().endsWith("/leases");
  }

  private static boolean isWrite(HttpRequest request) {
    return !"GET".equals(request.method()) && !"HEAD".equals(request.method());
  }
}

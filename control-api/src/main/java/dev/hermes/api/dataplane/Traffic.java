package dev.hermes.api.dataplane;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** What the connections of the data plane share. */
final class Traffic {
  private static final int CONNECT_MILLIS = 3_000;

  private final Admission admission;
  private final Runs runs;
  private final Departure departure;
  private final Executor blocking;
  private final MeterRegistry meters;

  Traffic(
      Admission admission,
      Runs runs,
      Departure departure,
      Executor blocking,
      MeterRegistry meters) {
    this.admission = admission;
    this.runs = runs;
    this.departure = departure;
    this.blocking = blocking;
    this.meters = meters;
  }

  Departure departure() {
    return departure;
  }

  /** Judges off the event loop, and tells on it. */
  void judge(EventLoop loop, Asked asked, Consumer<Verdict> told) {
    blocking.execute(() -> {
      Verdict verdict = judge(asked);
      loop.execute(() -> told.accept(verdict));
    });
  }

  private Verdict judge(Asked asked) {
    try {
      return admission.judge(asked);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Verdict.Refused(503, "unavailable", "The service is stopping.");
    }
  }

  /** Who sees what passes; the end of an execution is written off the event loop. */
  Witness witness(Verdict verdict) {
    return verdict instanceof Verdict.Admitted admitted
        ? admitted.run().map(this::witness).orElse(Witness.NONE)
        : Witness.NONE;
  }

  private Witness witness(Run run) {
    return new RunWitness(run, end -> blocking.execute(() -> runs.finish(run, end)));
  }

  /** Connects to a daemon on the client's own event loop, so that neither waits for a lock. */
  ChannelFuture connect(EventLoop loop, Verdict.Admitted target, ChannelHandler handler) {
    return new Bootstrap()
        .group(loop)
        .channel(NioSocketChannel.class)
        .option(ChannelOption.AUTO_READ, false)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
        .handler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                channel.pipeline().addLast(new HttpClientCodec(), handler);
              }
            })
        .connect(target.endpoint().ip(), target.endpoint().port());
  }

  void answered(int status) {
    meters.counter("hermes_data_plane_requests", "status", status / 100 + "xx").increment();
  }
}

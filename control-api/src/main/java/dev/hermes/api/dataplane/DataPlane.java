package dev.hermes.api.dataplane;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Value;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateHandler;
import jakarta.annotation.PreDestroy;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The listener for what happens inside sandboxes, apart from the one for everything else: it
 * forwards streams of any size to daemons and holds no more of them than a few buffers.
 */
@Context
public final class DataPlane {
  private static final int MOST_CONNECTIONS = 4096;
  private static final int IDLE_SECONDS = 60;

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
  private final ExecutorService blocking =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("data-plane-", 0).factory());
  private final AtomicInteger connections = new AtomicInteger();
  private final Channel listener;

  DataPlane(
      @Value("${hermes.data-plane-port:8082}") int port,
      Admission admission,
      Runs runs,
      Departure departure,
      MeterRegistry meters) {
    meters.gauge("hermes_data_plane_connections", connections);
    Traffic traffic = new Traffic(admission, runs, departure, blocking, meters);
    this.listener =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    accept(channel, traffic);
                  }
                })
            .bind(port)
            .syncUninterruptibly()
            .channel();
  }

  /** The port it listens on; the configured one may be 0. */
  public int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  @PreDestroy
  void close() throws InterruptedException {
    listener.close().syncUninterruptibly();
    // what streams now has had the grace period to end
    loops
        .shutdownGracefully(0, Duration.ofSeconds(2).toMillis(), TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(5, TimeUnit.SECONDS);
    // the receipts of what this broke off
    blocking.shutdown();
    var _ = blocking.awaitTermination(5, TimeUnit.SECONDS);
  }

  private void accept(SocketChannel channel, Traffic traffic) {
    if (connections.incrementAndGet() > MOST_CONNECTIONS) {
      connections.decrementAndGet();
      channel.close();
      return;
    }
    channel.closeFuture().addListener(closed -> connections.decrementAndGet());
    channel
        .pipeline()
        .addLast(
            new IdleStateHandler(0, 0, IDLE_SECONDS),
            new HttpServerCodec(),
            new ClientHandler(traffic));
  }
}

package dev.hermes.egress.proxy;

import dev.hermes.crds.egress.EgressReason;
import dev.hermes.egress.access.Refusal;
import dev.hermes.egress.address.AddressRules;
import dev.hermes.egress.address.Names;
import dev.hermes.egress.destination.Destination;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Looks a name up once, judges all that it found, and connects to one of these very addresses. */
final class Dialer {
  private static final int MOST_TRIES = 2;

  private final Names names;
  private final Names platform;
  private final AddressRules rules;
  private final Limits limits;

  /** What came of it. */
  sealed interface Outcome {
    /** Reads nothing until it is told to. */
    record Connected(Channel upstream) implements Outcome {}

    record Refused(Refusal refusal) implements Outcome {}

    record Failed(String why) implements Outcome {}
  }

  /**
   * @param names for what sandboxes ask for
   * @param platform for what the installation names
   */
  Dialer(Names names, Names platform, AddressRules rules, Limits limits) {
    this.names = names;
    this.platform = platform;
    this.rules = rules;
    this.limits = limits;
  }

  /** A destination that a sandbox chose. */
  void dial(EventLoop loop, Destination to, Consumer<Outcome> then) {
    lookUp(
        names,
        loop,
        to.host(),
        then,
        addresses -> {
          if (addresses.stream().allMatch(address -> rules.allows(to, address))) {
            connect(loop, addresses, to.port(), 0, then);
          } else {
            then.accept(
                new Outcome.Refused(
                    Refusal.forbidden(
                        EgressReason.AddressRefused,
                        to.host()
                            + " has an address that is not public, or is the cluster's own")));
          }
        });
  }

  /** A destination that the installation chose. */
  void dialTrusted(EventLoop loop, String host, int port, Consumer<Outcome> then) {
    lookUp(platform, loop, host, then, addresses -> connect(loop, addresses, port, 0, then));
  }

  private void lookUp(
      Names where,
      EventLoop loop,
      String host,
      Consumer<Outcome> then,
      Consumer<List<InetAddress>> found) {
    where
        .resolve(host)
        .toCompletableFuture()
        .copy()
        .orTimeout(limits.connect().toMillis(), TimeUnit.MILLISECONDS)
        .whenCompleteAsync(
            (addresses, problem) -> {
              if (problem != null || addresses.isEmpty()) {
                then.accept(new Outcome.Failed("the name " + host + " has no address"));
              } else {
                found.accept(addresses);
              }
            },
            loop);
  }

  private void connect(
      EventLoop loop, List<InetAddress> addresses, int port, int index, Consumer<Outcome> then) {
    new Bootstrap()
        .group(loop)
        .channel(NioSocketChannel.class)
        .option(ChannelOption.AUTO_READ, false)
        .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(
            ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) (limits.connect().toMillis() / MOST_TRIES))
        .option(ChannelOption.RECVBUF_ALLOCATOR, reads())
        .handler(new ChannelInboundHandlerAdapter())
        .connect(new InetSocketAddress(addresses.get(index), port))
        .addListener((ChannelFuture done) -> {
          if (done.isSuccess()) {
            then.accept(new Outcome.Connected(done.channel()));
          } else if (index + 1 < Math.min(MOST_TRIES, addresses.size())) {
            connect(loop, addresses, port, index + 1, then);
          } else {
            then.accept(new Outcome.Failed("the server does not answer on port " + port));
          }
        });
  }

  /** One buffer of 32 KiB a read: that, and not a queue, is what a slow peer may cost. */
  static FixedRecvByteBufAllocator reads() {
    FixedRecvByteBufAllocator reads = new FixedRecvByteBufAllocator(32 * 1024);
    reads.maxMessagesPerRead(1);
    return reads;
  }
}

package dev.hermes.egress.proxy;

import dev.hermes.egress.report.Observer;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;

/**
 * A client's connection and the one made for it. They end together, and each byte that one of them
 * took is counted.
 */
final class Link {
  private final Session session;
  private final Channel upstream;
  private final Observer observer;
  private final boolean metered;

  /**
   * @param metered whether the bytes leave the platform
   */
  Link(Session session, Channel upstream, Observer observer, boolean metered) {
    this.session = session;
    this.upstream = upstream;
    this.observer = observer;
    this.metered = metered;
    client().closeFuture().addListener(closed -> upstream.close());
    upstream.closeFuture().addListener(closed -> client().close());
  }

  Channel client() {
    return session.client();
  }

  Channel upstream() {
    return upstream;
  }

  Session session() {
    return session;
  }

  /** Sends to the destination. Releases the bytes. */
  ChannelFuture toUpstream(ByteBuf bytes) {
    return send(upstream, bytes, true);
  }

  /** Sends to the sandbox. Releases the bytes. */
  ChannelFuture toClient(ByteBuf bytes) {
    return send(client(), bytes, false);
  }

  private ChannelFuture send(Channel to, ByteBuf bytes, boolean out) {
    int length = bytes.readableBytes();
    return to.writeAndFlush(bytes)
        .addListener(done -> {
          if (!done.isSuccess()) {
            close();
          } else if (metered) {
            count(length, out);
          }
        });
  }

  private void count(int length, boolean out) {
    session
        .sandbox()
        .ifPresent(sandbox -> {
          if (out) {
            observer.sent(sandbox, length);
          } else {
            observer.received(sandbox, length);
          }
        });
  }

  void close() {
    client().close();
    upstream.close();
  }
}

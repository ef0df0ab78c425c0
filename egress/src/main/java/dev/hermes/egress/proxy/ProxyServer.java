package dev.hermes.egress.proxy;

import dev.hermes.egress.access.Access;
import dev.hermes.egress.address.AddressRules;
import dev.hermes.egress.address.Names;
import dev.hermes.egress.report.Observer;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetSocketAddress;

/** The listener that sandboxes reach. */
public final class ProxyServer implements AutoCloseable {
  private final Channel listener;

  /** What it asks. */
  public record Parts(
      Access access,
      Names names,
      Names platform,
      AddressRules rules,
      Observer observer,
      Connections connections,
      Limits limits,
      CallbackTarget callback) {}

  /** Listens when this returns. */
  public ProxyServer(EventLoopGroup loops, InetSocketAddress address, Parts parts) {
    Openings openings =
        new Openings(
            parts.access(),
            parts.connections(),
            new Dialer(parts.names(), parts.platform(), parts.rules(), parts.limits()),
            parts.observer(),
            parts.limits(),
            parts.callback());
    listener =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, Dialer.reads())
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    String ip = channel.remoteAddress().getAddress().getHostAddress();
                    channel
                        .pipeline()
                        .addLast("idle", new Idle(parts.limits().idle()))
                        .addLast(new Front(new Session(channel, ip), openings));
                  }
                })
            .bind(address)
            .syncUninterruptibly()
            .channel();
  }

  public int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** Takes no new connections; those that are open go on. */
  @Override
  public void close() {
    listener.close().syncUninterruptibly();
  }
}

package dev.hermes.egress.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import java.util.function.Function;

/**
 * Passes bytes on in one direction. The next ones are read when the last ones are written: a slow
 * reader stops the sender.
 */
final class Relay extends ChannelInboundHandlerAdapter {
  private final Link link;
  private final Channel to;
  private final Function<ByteBuf, ChannelFuture> send;

  private Relay(Link link, Channel to, Function<ByteBuf, ChannelFuture> send) {
    this.link = link;
    this.to = to;
    this.send = send;
  }

  static Relay toUpstream(Link link) {
    return new Relay(link, link.upstream(), link::toUpstream);
  }

  static Relay toClient(Link link) {
    return new Relay(link, link.client(), link::toClient);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    send.apply((ByteBuf) message)
        .addListener(done -> {
          if (done.isSuccess()) {
            context.read();
          }
        });
  }

  /** One side is through; the other may still have to say something. */
  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      to.writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(flushed -> {
            if (((SocketChannel) context.channel()).isOutputShutdown()) {
              link.close();
            } else if (to.isActive()) {
              ((SocketChannel) to).shutdownOutput();
            }
          });
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    // a reset, mostly; there is nobody to tell
    link.close();
  }
}

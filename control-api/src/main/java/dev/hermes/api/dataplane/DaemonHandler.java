package dev.hermes.api.dataplane;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.ReferenceCountUtil;

/** The connection to a daemon that a client's connection was joined with. */
final class DaemonHandler extends ChannelInboundHandlerAdapter {
  private final ClientHandler handler;
  private final ChannelHandlerContext client;
  private final Verdict.Admitted target;

  /** What was read together with the head of another's answer still comes after the close. */
  private boolean refused;

  DaemonHandler(ClientHandler handler, ChannelHandlerContext client, Verdict.Admitted target) {
    this.handler = handler;
    this.client = client;
    this.target = target;
  }

  @Override
  public void channelRead(ChannelHandlerContext daemon, Object message) {
    if (refused
        || !(message instanceof HttpObject part)
        || part.decoderResult().isFailure()
        || isOther(part)) {
      refused = true;
      ReferenceCountUtil.release(message);
      daemon.close();
      return;
    }
    handler.answered(client, daemon.channel(), part);
  }

  /** Addresses of pods are used again: an answer of another one is nobody's. */
  private boolean isOther(HttpObject part) {
    return part instanceof HttpResponse response
        && !target.endpoint().podUid().equals(response.headers().get("X-Hermes-Pod-Uid"));
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext daemon) {
    handler.daemonRead(client, daemon.channel());
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext daemon) {
    if (daemon.channel().isWritable()) {
      handler.daemonWritable(client);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext daemon) {
    handler.daemonLost(client, daemon.channel());
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext daemon, Throwable cause) {
    daemon.close();
  }
}

package dev.hermes.egress.proxy;

import dev.hermes.crds.egress.EgressReason;
import dev.hermes.egress.access.Refusal;
import dev.hermes.egress.http.BadMessage;
import dev.hermes.egress.http.BodyReader;
import dev.hermes.egress.http.Framing;
import dev.hermes.egress.report.Observer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;

/**
 * Passes on a request's body and not one byte more: what follows would be a second request, for
 * which nobody asked leave.
 */
final class RequestBody extends ChannelInboundHandlerAdapter {
  private final Link link;
  private final Observer observer;
  private final BodyReader body;
  private final byte[] early;

  RequestBody(Link link, Observer observer, Framing framing, byte[] early) {
    this.link = link;
    this.observer = observer;
    this.body = BodyReader.of(framing);
    this.early = early;
  }

  /** To be called when the head is sent. */
  void start(ChannelHandlerContext context) {
    pass(context, early);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    byte[] came = ByteBufUtil.getBytes(bytes);
    bytes.release();
    pass(context, came);
  }

  private void pass(ChannelHandlerContext context, byte[] bytes) {
    if (body.isDone()) {
      // not read on: a client that sends more must wait for the end
      return;
    }
    try {
      int own = body.read(bytes);
      link.toUpstream(Unpooled.wrappedBuffer(bytes, 0, own))
          .addListener(sent -> {
            if (sent.isSuccess() && !body.isDone()) {
              context.read();
            }
          });
    } catch (BadMessage e) {
      observer.denied(
          link.session().ip(),
          link.session().sandbox(),
          link.session().destination(),
          new Refusal(EgressReason.RequestInvalid, 400, e.what()));
      link.close();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    // a client may be through with sending and wait; one that leaves in the middle of a body is
    // gone
    if (event instanceof ChannelInputShutdownEvent && !body.isDone()) {
      link.close();
    }
    context.fireUserEventTriggered(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    link.close();
  }
}

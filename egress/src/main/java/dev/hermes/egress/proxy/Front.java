package dev.hermes.egress.proxy;

import dev.hermes.crds.egress.EgressReason;
import dev.hermes.egress.access.Refusal;
import dev.hermes.egress.http.BadMessage;
import dev.hermes.egress.http.Head;
import dev.hermes.egress.http.ProxyRequest;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Reads the one request of a connection, within bounds of size and time. */
final class Front extends ChannelInboundHandlerAdapter {
  private final Session session;
  private final Openings openings;
  private byte[] bytes = new byte[1024];
  private int length;
  private @Nullable Future<?> timer;

  Front(Session session, Openings openings) {
    this.session = session;
    this.openings = openings;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    Optional<Refusal> full = openings.connections().admit(session);
    if (full.isPresent()) {
      refuse(context, full.get());
      return;
    }
    timer =
        context
            .executor()
            .schedule(
                () -> context.close(), openings.limits().head().toMillis(), TimeUnit.MILLISECONDS);
    context.read();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf came = (ByteBuf) message;
    int before = length;
    length += came.readableBytes();
    if (length > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(length, 2 * bytes.length));
    }
    came.readBytes(bytes, before, length - before);
    came.release();
    try {
      int end = Head.end(bytes, Math.max(0, before - 3), length);
      if (end > Head.MOST || (end < 0 && length > Head.MOST)) {
        refuse(
            context,
            new Refusal(
                EgressReason.HeaderTooLarge,
                431,
                "the head of the request is longer than " + Head.MOST + " bytes"));
      } else if (end < 0) {
        context.read();
      } else {
        request(context, end);
      }
    } catch (BadMessage e) {
      refuse(context, Refusal.badRequest(e.what()));
    }
  }

  private void request(ChannelHandlerContext context, int end) throws BadMessage {
    ProxyRequest request =
        ProxyRequest.of(Head.parse(new String(bytes, 0, end, StandardCharsets.ISO_8859_1)));
    byte[] early = Arrays.copyOfRange(bytes, end, length);
    leave(context);
    openings.open(session, request, early);
  }

  private void refuse(ChannelHandlerContext context, Refusal refusal) {
    leave(context);
    openings.refuse(session, refusal);
  }

  private void leave(ChannelHandlerContext context) {
    stop();
    context.pipeline().remove(this);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    stop();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      context.close();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }

  private void stop() {
    Future<?> running = timer;
    if (running != null) {
      running.cancel(false);
    }
  }
}

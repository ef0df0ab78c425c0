package dev.hermes.egress.proxy;

import dev.hermes.crds.egress.EgressReason;
import dev.hermes.egress.access.Refusal;
import dev.hermes.egress.destination.Destination;
import dev.hermes.egress.report.Observer;
import dev.hermes.egress.tls.ClientHello;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.concurrent.Future;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stands in a new tunnel until its first message is a ClientHello for the host that it was opened
 * for. Until then nothing goes to the upstream and nothing comes from it.
 */
final class HelloGate extends ChannelInboundHandlerAdapter {
  private final Link link;
  private final Destination destination;
  private final Observer observer;
  private final Duration within;
  private final ByteBuf seen = Unpooled.buffer(1024, ClientHello.MOST + 64 * 1024);
  private int enough;
  private @Nullable Future<?> timer;

  /**
   * @param early what came with the CONNECT
   */
  HelloGate(Link link, Destination destination, Observer observer, Duration within, byte[] early) {
    this.link = link;
    this.destination = destination;
    this.observer = observer;
    this.within = within;
    seen.writeBytes(early);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    timer =
        context
            .executor()
            .schedule(
                () -> refuse(EgressReason.HelloInvalid, "no ClientHello came in time"),
                within.toMillis(),
                TimeUnit.MILLISECONDS);
  }

  /** To be called once the client knows that its tunnel is open. */
  void start(ChannelHandlerContext context) {
    judge(context);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    try {
      seen.writeBytes(bytes);
    } finally {
      bytes.release();
    }
    judge(context);
  }

  private void judge(ChannelHandlerContext context) {
    if (seen.readableBytes() < enough && seen.readableBytes() <= ClientHello.MOST) {
      context.read();
      return;
    }
    ByteBuffer bytes = ByteBuffer.wrap(seen.array(), seen.arrayOffset(), seen.readableBytes());
    switch (ClientHello.read(bytes)) {
      case ClientHello.Incomplete more -> {
        if (seen.readableBytes() > ClientHello.MOST) {
          refuse(EgressReason.HelloInvalid, "the ClientHello is too long");
        } else {
          enough = more.atLeast();
          context.read();
        }
      }
      case ClientHello.NotTls other -> refuse(EgressReason.NotTls, "only TLS goes through CONNECT");
      case ClientHello.Malformed malformed -> refuse(EgressReason.HelloInvalid, malformed.what());
      case ClientHello.Read hello -> {
        Optional<Refusal> refusal = judge(hello);
        if (refusal.isPresent()) {
          refuse(refusal.get());
        } else {
          open(context);
        }
      }
    }
  }

  private Optional<Refusal> judge(ClientHello.Read hello) {
    if (hello.encrypted()) {
      return Optional.of(
          Refusal.forbidden(EgressReason.EchRefused, "switch Encrypted Client Hello off"));
    }
    if (hello.serverName().isEmpty()) {
      return Optional.of(
          Refusal.forbidden(EgressReason.SniMissing, "the ClientHello names no server"));
    }
    return hello.serverName().get().equals(destination.host())
        ? Optional.empty()
        : Optional.of(
            Refusal.forbidden(
                EgressReason.SniMismatch, "the ClientHello names another server than CONNECT"));
  }

  private void open(ChannelHandlerContext context) {
    stop();
    link.upstream().pipeline().addLast(Relay.toClient(link));
    context.pipeline().replace(this, "relay", Relay.toUpstream(link));
    link.toUpstream(seen.copy())
        .addListener(sent -> {
          if (sent.isSuccess()) {
            link.client().read();
            link.upstream().read();
          }
        });
  }

  private void refuse(EgressReason reason, String message) {
    refuse(Refusal.forbidden(reason, message));
  }

  /** HTTP is over here: an alert is the one thing that a TLS client understands. */
  private void refuse(Refusal refusal) {
    if (!link.client().isOpen()) {
      return;
    }
    stop();
    observer.denied(
        link.session().ip(), link.session().sandbox(), Optional.of(destination), refusal);
    if (refusal.reason() == EgressReason.NotTls) {
      link.close();
      return;
    }
    int alert = refusal.reason() == EgressReason.HelloInvalid ? 50 : 112;
    link.client()
        .writeAndFlush(Unpooled.wrappedBuffer(new byte[] {21, 3, 3, 0, 2, 2, (byte) alert}))
        .addListener(sent -> link.close());
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      link.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    stop();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    link.close();
  }

  private void stop() {
    Future<?> running = timer;
    if (running != null) {
      running.cancel(false);
    }
  }
}

package dev.hermes.api.dataplane;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection: one request at a time, each judged, then joined with a connection to its
 * daemon. A message is read from one side only when the other has room for it.
 */
final class ClientHandler extends ChannelInboundHandlerAdapter {
  private static final int DRAIN_SECONDS = 5;

  private final Traffic traffic;
  private State state = State.IDLE;
  private boolean keepAlive;
  private boolean requestEnded;
  private boolean answering;

  /** What was read together, and waits for its turn: not more than one read of a socket. */
  private final Queue<HttpObject> inbox = new ArrayDeque<>();

  private @Nullable Channel daemon;
  private Verdict.@Nullable Admitted target;
  private Witness witness = Witness.NONE;
  private Departure.@Nullable Stay stay;

  private enum State {
    /** Between two requests. */
    IDLE,
    /** A request is being judged or its daemon connected to. */
    JUDGED,
    /** Both sides are joined. */
    JOINED,
    /** Answered before the request's body had come: the rest is read and thrown away. */
    DRAINING
  }

  ClientHandler(Traffic traffic) {
    this.traffic = traffic;
  }

  @Override
  public void channelActive(ChannelHandlerContext client) {
    client.read();
  }

  @Override
  public void channelRead(ChannelHandlerContext client, Object message) {
    if (!(message instanceof HttpObject part) || part.decoderResult().isFailure()) {
      ReferenceCountUtil.release(message);
      answer(client, new Verdict.Refused(400, "invalid_argument", "This is not HTTP/1.1."), false);
      return;
    }
    inbox.add(part);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext client) {
    pump(client);
  }

  /** Takes what can be taken now, and asks for more when nothing is left, if only to see an end. */
  private void pump(ChannelHandlerContext client) {
    while (!inbox.isEmpty() && takes(inbox.peek())) {
      switch (inbox.remove()) {
        case HttpRequest request -> begin(client, request);
        case HttpContent content -> body(client, content);
        case HttpObject other -> ReferenceCountUtil.release(other);
      }
    }
    if (inbox.isEmpty()) {
      client.read();
    }
  }

  private boolean takes(HttpObject part) {
    Channel open = daemon;
    return switch (state) {
      case IDLE -> true;
      case JUDGED -> false;
      case JOINED -> part instanceof HttpContent && open != null && open.isWritable();
      case DRAINING -> part instanceof HttpContent;
    };
  }

  private void begin(ChannelHandlerContext client, HttpRequest request) {
    state = State.JUDGED;
    requestEnded = false;
    answering = false;
    stay = traffic.departure().enter();
    keepAlive = HttpUtil.isKeepAlive(request);
    witness = Witness.NONE;
    Asked asked = Asked.of(request);
    if (!Routes.isOffered(asked.path()) || request.method().equals(HttpMethod.CONNECT)) {
      answer(
          client,
          new Verdict.Refused(
              404, "not_found", "There is no " + request.method() + " " + asked.path() + "."),
          keepAlive);
      return;
    }
    traffic.judge(client.channel().eventLoop(), asked, verdict -> judged(client, request, verdict));
  }

  private void judged(ChannelHandlerContext client, HttpRequest request, Verdict verdict) {
    witness = traffic.witness(verdict);
    // gone, or answered meanwhile because what followed was no HTTP
    if (!client.channel().isActive() || state != State.JUDGED) {
      witness.ended(false);
      return;
    }
    switch (verdict) {
      case Verdict.Refused refused -> answer(client, refused, keepAlive);
      case Verdict.Admitted admitted -> join(client, request, admitted);
    }
  }

  private void join(ChannelHandlerContext client, HttpRequest request, Verdict.Admitted admitted) {
    boolean waits = HttpUtil.is100ContinueExpected(request);
    Routes.toDaemon(request.headers(), admitted);
    if (daemon != null && daemon.isActive() && isSame(admitted)) {
      target = admitted;
      forward(client, request, waits);
      return;
    }
    leaveDaemon();
    target = admitted;
    traffic
        .connect(client.channel().eventLoop(), admitted, new DaemonHandler(this, client, admitted))
        .addListener(
            (ChannelFutureListener)
                connected -> {
                  if (!connected.isSuccess()) {
                    answer(client, gone(), keepAlive);
                  } else if (!client.channel().isActive()) {
                    connected.channel().close();
                  } else {
                    daemon = connected.channel();
                    forward(client, request, waits);
                  }
                });
  }

  private boolean isSame(Verdict.Admitted other) {
    return target != null && target.endpoint().equals(other.endpoint());
  }

  private void forward(ChannelHandlerContext client, HttpRequest request, boolean waits) {
    Channel open = daemon;
    if (open == null) {
      answer(client, gone(), keepAlive);
      return;
    }
    state = State.JOINED;
    open.writeAndFlush(request);
    open.read();
    if (waits) {
      client.writeAndFlush(
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }
    pump(client);
  }

  private void body(ChannelHandlerContext client, HttpContent content) {
    requestEnded |= content instanceof LastHttpContent;
    Channel open = daemon;
    if (state == State.JOINED && open != null) {
      witness.sent(content.content());
      open.writeAndFlush(content);
      return;
    }
    content.release();
    if (state == State.DRAINING && requestEnded) {
      finish(client);
    }
  }

  /** The daemon's side has room again. */
  void daemonWritable(ChannelHandlerContext client) {
    pump(client);
  }

  /** A part of the daemon's answer. */
  void answered(ChannelHandlerContext client, Channel from, HttpObject part) {
    if (from != daemon || state != State.JOINED) {
      ReferenceCountUtil.release(part);
      return;
    }
    if (part instanceof HttpResponse response) {
      answering = true;
      keepAlive &=
          requestEnded
              && HttpUtil.isKeepAlive(response)
              && Routes.isDelimited(response)
              && !traffic.departure().isNear();
      Routes.toClient(response.headers(), keepAlive);
      traffic.answered(response.status().code());
    }
    witness.answered(part);
    ChannelFuture written = client.writeAndFlush(part);
    if (part instanceof LastHttpContent) {
      written.addListener(done -> {
        witness.ended(done.isSuccess());
        ended(client);
      });
    }
  }

  /** All that was read of the daemon has been written: the next only when it has left. */
  void daemonRead(ChannelHandlerContext client, Channel from) {
    if (from == daemon && client.channel().isWritable()) {
      from.read();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext client) {
    Channel open = daemon;
    if (client.channel().isWritable() && state == State.JOINED && open != null) {
      open.read();
    }
  }

  /** The daemon's connection is gone, or spoke nonsense. */
  void daemonLost(ChannelHandlerContext client, Channel lost) {
    if (lost != daemon) {
      return;
    }
    daemon = null;
    if (state != State.JOINED) {
      return;
    }
    if (answering) {
      client.close(); // half an answer cannot be mended
    } else {
      answer(client, gone(), keepAlive && requestEnded);
    }
  }

  private static Verdict.Refused gone() {
    return new Verdict.Refused(502, "unavailable", "The sandbox has ended, or broke off.");
  }

  private void answer(ChannelHandlerContext client, Verdict.Refused refusal, boolean keep) {
    witness.ended(false);
    keepAlive = keep && client.channel().isActive() && !traffic.departure().isNear();
    answering = true;
    FullHttpResponse response = Refusals.answer(refusal);
    Routes.toClient(response.headers(), keepAlive);
    traffic.answered(refusal.status());
    client.writeAndFlush(response).addListener(done -> ended(client));
  }

  private void ended(ChannelHandlerContext client) {
    if (requestEnded) {
      finish(client);
      pump(client);
      return;
    }
    state = State.DRAINING;
    client
        .executor()
        .schedule(
            () -> {
              if (state == State.DRAINING) {
                client.close();
              }
            },
            DRAIN_SECONDS,
            TimeUnit.SECONDS);
    pump(client);
  }

  private void finish(ChannelHandlerContext client) {
    leave();
    if (keepAlive) {
      state = State.IDLE;
    } else {
      client.close();
    }
  }

  private void leave() {
    Departure.Stay ended = stay;
    if (ended != null) {
      ended.close();
    }
  }

  private void leaveDaemon() {
    Channel open = daemon;
    daemon = null;
    if (open != null) {
      open.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext client) {
    leave();
    witness.ended(false);
    leaveDaemon();
    inbox.forEach(ReferenceCountUtil::release);
    inbox.clear();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext client, Object event) {
    if (event instanceof IdleStateEvent && (state == State.IDLE || state == State.DRAINING)) {
      client.close();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext client, Throwable cause) {
    // a connection that broke; nobody is there to be told
    client.close();
  }
}

package dev.hermes.api.chat;

import dev.hermes.api.body.ServerRequest;
import io.micronaut.http.HttpRequest;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import java.util.concurrent.Executor;

/** Tells when the client hangs up, which a request that is not a stream would never notice. */
final class ClientConnection implements AutoCloseable {
  private final ChannelFuture closed;
  private final ChannelFutureListener listener;

  private ClientConnection(ChannelFuture closed, ChannelFutureListener listener) {
    this.closed = closed;
    this.listener = listener;
  }

  /** Watches until it is closed. */
  static ClientConnection watch(HttpRequest<?> request, Runnable onHangUp) {
    ChannelFutureListener listener = future -> onHangUp.run();
    ChannelFuture closed =
        ServerRequest.of(request).getChannelHandlerContext().channel().closeFuture();
    closed.addListener(listener);
    return new ClientConnection(closed, listener);
  }

  /** The thread that writes to this client. */
  static Executor writer(HttpRequest<?> request) {
    return ServerRequest.of(request).getChannelHandlerContext().channel().eventLoop();
  }

  @Override
  public void close() {
    closed.removeListener(listener);
  }
}

package dev.hermes.egress.proxy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.egress.access.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The proxy's own answers. The reason stands in the status line, too: many tools show nothing else
 * of a CONNECT that was refused.
 */
final class Replies {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long LINGER_MILLIS = 1_000;

  private Replies() {}

  static ByteBuf established() {
    return ascii("HTTP/1.1 200 Connection established\r\n\r\n");
  }

  static void refuse(Channel client, Refusal refusal) {
    send(
        client,
        refusal.status(),
        refusal.reason().name(),
        refusal.message(),
        refusal.status() == 407 ? "Proxy-Authenticate: Basic realm=\"hermes-egress\"\r\n" : "");
  }

  static void failed(Channel client, String message) {
    send(client, 502, "UpstreamFailed", message, "");
  }

  private static void send(
      Channel client, int status, String reason, String message, String field) {
    byte[] body = problem(status, reason, message);
    ByteBuf head =
        ascii(
            "HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n%sX-Hermes-Egress-Reason: %s\r\nConnection: close\r\n\r\n"
                .formatted(
                    status, message.replaceAll("[^\\x20-\\x7e]", "?"), body.length, field, reason));
    last(client, Unpooled.wrappedBuffer(head, Unpooled.wrappedBuffer(body)));
  }

  private static void last(Channel client, ByteBuf bytes) {
    client
        .writeAndFlush(bytes)
        .addListener((ChannelFuture sent) -> {
          if (sent.isSuccess()) {
            linger(client);
          } else {
            client.close();
          }
        });
  }

  /**
   * Closes behind a last answer; what the client still sends is thrown away for a moment, since a
   * reset in reply to it could take the answer with it.
   */
  static void linger(Channel client) {
    client.pipeline().addLast(new Drain());
    ((SocketChannel) client).shutdownOutput();
    client.config().setAutoRead(true);
    client.eventLoop().schedule(() -> client.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
  }

  private static byte[] problem(int status, String reason, String message) {
    Map<String, Object> problem = new LinkedHashMap<>();
    problem.put("type", "about:blank");
    problem.put("title", "Refused by the egress proxy");
    problem.put("status", status);
    problem.put("detail", message);
    problem.put("reason", reason);
    try {
      return JSON.writeValueAsBytes(problem);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static ByteBuf ascii(String text) {
    return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static final class Drain extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      // the client is through, too
      context.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}

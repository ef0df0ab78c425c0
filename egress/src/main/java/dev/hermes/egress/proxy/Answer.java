package dev.hermes.egress.proxy;

import dev.hermes.egress.http.BadMessage;
import dev.hermes.egress.http.BodyReader;
import dev.hermes.egress.http.Head;
import dev.hermes.egress.http.Response;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Passes an upstream's answer on, head first and without what belongs to one connection, and closes
 * behind it: one request a connection, so that no answer can be taken for another's.
 */
final class Answer extends ChannelInboundHandlerAdapter {
  private static final int MOST_INTERIM = 8;

  private final Link link;
  private final String method;
  private byte[] head = new byte[0];
  private int interim;
  private @Nullable BodyReader body;

  Answer(Link link, String method) {
    this.link = link;
    this.method = method;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    byte[] came = ByteBufUtil.getBytes(bytes);
    bytes.release();
    try {
      if (body == null) {
        heads(context, came);
      } else {
        pass(context, came);
      }
    } catch (BadMessage e) {
      bad(context, e);
    }
  }

  private void heads(ChannelHandlerContext context, byte[] came) throws BadMessage {
    int before = head.length;
    head = Arrays.copyOf(head, before + came.length);
    System.arraycopy(came, 0, head, before, came.length);
    int end = Head.end(head, 0, head.length);
    while (end >= 0) {
      byte[] rest = Arrays.copyOfRange(head, end, head.length);
      Response response =
          Response.of(Head.parse(new String(head, 0, end, StandardCharsets.ISO_8859_1)), method);
      ByteBuf text = Replies.ascii(response.head().toString());
      if (!response.isInterim()) {
        body = BodyReader.of(response.framing());
        head = new byte[0];
        link.toClient(text);
        pass(context, rest);
        return;
      }
      if (++interim > MOST_INTERIM) {
        throw new BadMessage("more than " + MOST_INTERIM + " interim answers");
      }
      link.toClient(text);
      head = rest;
      end = Head.end(head, 0, head.length);
    }
    if (head.length > Head.MOST) {
      throw new BadMessage("the head of its answer is longer than " + Head.MOST + " bytes");
    }
    context.read();
  }

  private void pass(ChannelHandlerContext context, byte[] bytes) throws BadMessage {
    BodyReader reader = body;
    if (reader == null) {
      throw new IllegalStateException();
    }
    int own = reader.read(bytes);
    ByteBuf part = Unpooled.wrappedBuffer(bytes, 0, own);
    if (reader.isDone()) {
      finish(part);
    } else {
      link.toClient(part)
          .addListener(sent -> {
            if (sent.isSuccess()) {
              context.read();
            }
          });
    }
  }

  private void finish(ByteBuf last) {
    link.toClient(last)
        .addListener(sent -> {
          if (sent.isSuccess()) {
            Replies.linger(link.client());
          }
        });
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      if (body == null) {
        bad(context, new BadMessage("it closed without an answer"));
      } else {
        finish(Unpooled.EMPTY_BUFFER);
      }
    }
  }

  /** Before the head is out the client can be told; after it only the end tells. */
  private void bad(ChannelHandlerContext context, BadMessage problem) {
    if (body == null) {
      context.channel().config().setAutoRead(false);
      Replies.failed(link.client(), "the server's answer is not valid: " + problem.what());
    } else {
      link.close();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    link.close();
  }
}

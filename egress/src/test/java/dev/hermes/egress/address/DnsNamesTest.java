package dev.hermes.egress.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Against a name server of 40 lines. */
class DnsNamesTest {
  private static final Map<String, String> A =
      Map.of("index.example.com", "93.184.215.14", "inside.example.com", "10.0.0.1");

  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private DatagramSocket socket;
  private DnsNames names;

  @BeforeEach
  void start() throws Exception {
    socket = new DatagramSocket(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
    Thread.ofVirtual().start(this::serve);
    names =
        new DnsNames(
            (EventLoop) loops.next(),
            new SingletonDnsServerAddressStreamProvider(
                new InetSocketAddress("127.0.0.1", socket.getLocalPort())));
  }

  @AfterEach
  void stop() {
    names.close();
    socket.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private void serve() {
    byte[] buffer = new byte[512];
    while (true) {
      DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
      try {
        socket.receive(packet);
        byte[] answer = answer(ByteBuffer.wrap(buffer, 0, packet.getLength()));
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      } catch (IOException e) {
        return;
      }
    }
  }

  private byte[] answer(ByteBuffer query) throws IOException {
    short id = query.getShort(0);
    StringBuilder name = new StringBuilder();
    int at = 12;
    for (int length = query.get(at); length > 0; length = query.get(at)) {
      byte[] label = new byte[length];
      query.get(at + 1, label);
      name.append(name.isEmpty() ? "" : ".").append(new String(label, StandardCharsets.US_ASCII));
      at += length + 1;
    }
    short type = query.getShort(at + 1);
    int end = at + 5;
    asked.add(name.toString());
    String address = type == 1 ? A.get(name.toString()) : null;
    boolean known = A.containsKey(name.toString());
    ByteBuffer out = ByteBuffer.allocate(512);
    out.putShort(id).putShort((short) (known ? 0x8180 : 0x8183));
    out.putShort((short) 1).putShort((short) (address == null ? 0 : 1)).putInt(0);
    out.put(query.array(), 12, end - 12);
    if (address != null) {
      out.putShort((short) 0xc00c).putShort((short) 1).putShort((short) 1).putInt(60);
      out.putShort((short) 4).put(InetAddress.getByName(address).getAddress());
    }
    byte[] bytes = new byte[out.position()];
    out.get(0, bytes);
    return bytes;
  }

  private List<InetAddress> resolve(String name) throws Exception {
    return names.resolve(name).toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  @DisplayName("a name is what it is: no search list, no hosts file")
  void asIs() throws Exception {
    assertThat(resolve("index.example.com"))
        .containsExactly(InetAddress.getByName("93.184.215.14"));
    assertThat(resolve("inside.example.com")).containsExactly(InetAddress.getByName("10.0.0.1"));
    for (String unknown : List.of("none.example.com", "localhost.example", "hermes-api.x")) {
      assertThatThrownBy(() -> resolve(unknown)).hasMessageContaining(unknown);
    }
    assertThat(asked)
        .containsOnly(
            "index.example.com",
            "inside.example.com",
            "none.example.com",
            "localhost.example",
            "hermes-api.x");
  }
}

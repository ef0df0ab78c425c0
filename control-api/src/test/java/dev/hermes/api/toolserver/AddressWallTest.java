package dev.hermes.api.toolserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressWallTest {

  @ParameterizedTest
  @DisplayName("SEC-8 what only this host or link answers is never asked")
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "169.254.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "224.0.0.1",
        "239.1.1.1",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.0.8",
        "::1",
        "::",
        "fe80::1",
        "ff02::1",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::a83f:8110",
        "2002:7f00:1::",
        "100::1"
      })
  void never(String address) throws IOException {
    assertThat(AddressWall.allows(InetAddress.getByName(address), false)).isFalse();
    assertThat(AddressWall.allows(InetAddress.getByName(address), true)).isFalse();
  }

  @ParameterizedTest
  @DisplayName("SEC-8 private networks only where that is allowed")
  @ValueSource(
      strings = {
        "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
        "100.127.255.255", "198.18.0.1", "fc00::1", "fd12:3456::1", "fec0::1", "::ffff:10.0.0.1",
        "64:ff9b::a00:1", "2002:a00:1::"
      })
  void inside(String address) throws IOException {
    assertThat(AddressWall.allows(InetAddress.getByName(address), false)).isFalse();
    assertThat(AddressWall.allows(InetAddress.getByName(address), true)).isTrue();
  }

  @ParameterizedTest
  @DisplayName("control: the public Internet, up to the edges of what is refused")
  @ValueSource(
      strings = {
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "fbff::1",
        "64:ff9b::101:101",
        "2002:101:101::"
      })
  void outside(String address) throws IOException {
    assertThat(AddressWall.allows(InetAddress.getByName(address), false)).isTrue();
  }

  @Test
  @DisplayName("SEC-8 a name is refused for one address of many; a Service may be private")
  void names() throws Exception {
    Addresses strict = resolving(false, "1.1.1.1", "10.0.0.1");
    assertThatThrownBy(() -> strict.of(ServerUrl.parse("https://mcp.example.com/")))
        .isInstanceOf(ToolServerFailed.class)
        .hasMessageContaining("mcp.privateAddresses")
        .hasMessageNotContaining("10.0.0.1");
    assertThat(strict.of(ServerUrl.parse("https://mcp.tools.svc/"))).hasSize(2);
    assertThat(resolving(true, "10.0.0.1").of(ServerUrl.parse("https://mcp.example.com/")))
        .as("control")
        .hasSize(1);
    Addresses metadata = resolving(true, "169.254.169.254");
    assertThatThrownBy(() -> metadata.of(ServerUrl.parse("http://m.tools.svc/")))
        .isInstanceOf(ToolServerFailed.class);
  }

  @ParameterizedTest
  @CsvSource({
    "https://mcp.example.com,             true,  mcp.example.com,     443,  /",
    "https://MCP.example.com:8443/a?b=c,  true,  mcp.example.com,     8443, /a?b=c",
    "https://mcp.example.com?b=c,         true,  mcp.example.com,     443,  /?b=c",
    "http://m.tools.svc/mcp,              false, m.tools.svc,         80,   /mcp",
    "http://m.tools.svc.cluster.local:81, false, m.tools.svc.cluster.local, 81, /",
  })
  void urls(String url, boolean tls, String host, int port, String target) throws Exception {
    assertThat(ServerUrl.parse(url)).isEqualTo(new ServerUrl(tls, host, port, target));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "mcp.example.com",
        "ftp://mcp.example.com",
        "http://mcp.example.com/",
        "http://m.svc.example.com/",
        "http://example.com/.svc",
        "http://example.com?.svc",
        "https://user:pw@example.com/",
        "http://example.com#.svc",
        "https://[::1]/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https:///mcp",
        "https://-a/",
        "http://m.tools.svc./"
      })
  void noUrls(String url) {
    assertThatThrownBy(() -> ServerUrl.parse(url)).isInstanceOf(ToolServerFailed.class);
  }

  private static Addresses resolving(boolean mayBePrivate, String... addresses) {
    return new Addresses(mayBePrivate) {
      @Override
      List<InetAddress> resolve(String host) throws IOException {
        List<InetAddress> found = new ArrayList<>();
        for (String each : addresses) {
          found.add(InetAddress.getByName(each));
        }
        return found;
      }
    };
  }
}

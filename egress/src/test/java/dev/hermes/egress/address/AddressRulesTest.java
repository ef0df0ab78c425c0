package dev.hermes.egress.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.crds.egress.Cidr;
import dev.hermes.egress.destination.Destination;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRulesTest {
  private static final Destination INDEX =
      Destination.parse("index.example.com:8080").orElseThrow();
  private static final Destination OTHER =
      Destination.parse("other.example.com:8080").orElseThrow();
  private static final AddressRules RULES =
      new AddressRules(
          List.of(Cidr.parse("34.118.224.0/20"), Cidr.parse("2600:1900::/28")),
          Map.of(INDEX.toString(), List.of(Cidr.parse("10.1.2.0/23"), Cidr.parse("0.0.0.0/0"))));

  private static boolean allows(Destination to, String address) throws Exception {
    return RULES.allows(to, InetAddress.getByName(address));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "169.254.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "168.63.129.16",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "34.118.224.1",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:10.0.0.1",
        "fe80::1",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "ff02::1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:a00:1::1",
        "3fff::1",
        "5f00::1",
        "2600:1900::1"
      })
  @DisplayName(
      "SBX-8 private, local, metadata, translated and special addresses, and the cluster's")
  void refused(String address) throws Exception {
    assertThat(allows(OTHER, address)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "126.255.255.255",
        "128.0.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "192.167.1.1",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "34.118.240.1",
        "2606:4700::1111",
        "2001:4860:4860::8888",
        "2a00:1450::1"
      })
  @DisplayName("control: public addresses, their neighbours among them")
  void allowed(String address) throws Exception {
    assertThat(allows(OTHER, address)).isTrue();
  }

  @Test
  @DisplayName("an IPv4 address inside an IPv6 one is refused even when Java leaves it an IPv6 one")
  void mapped() throws Exception {
    byte[] mapped = new byte[16];
    mapped[10] = (byte) 0xff;
    mapped[11] = (byte) 0xff;
    mapped[12] = 8;
    mapped[15] = 8;
    assertThat(RULES.allows(OTHER, Inet6Address.getByAddress(null, mapped, -1))).isFalse();
  }

  @Test
  @DisplayName("an exception holds for its destination and range, and never for metadata")
  void exception() throws Exception {
    assertThat(allows(INDEX, "10.1.3.255")).isTrue();
    assertThat(allows(OTHER, "10.1.3.255")).isFalse();
    assertThat(
            RULES.allows(
                Destination.parse("index.example.com:81").orElseThrow(),
                InetAddress.getByName("10.1.3.255")))
        .isFalse();
    assertThat(allows(INDEX, "127.0.0.1")).isTrue();
    assertThat(allows(INDEX, "169.254.169.254")).isFalse();
    assertThat(allows(INDEX, "fd00:ec2::254")).isFalse();
  }

  @Test
  @DisplayName("settings that are no range or exception are refused with an example")
  void settings() {
    for (String bad : List.of("10.0.0.0", "10.0.0.0/33", "fd00::/129", "example.com/8", "/8")) {
      assertThatThrownBy(() -> Cidr.parse(bad)).hasMessageContaining("10.0.0.0/8");
    }
    for (String bad : List.of("x", "10.0.0.1:80=10.0.0.0/8", "index.example.com=10.0.0.0/8")) {
      assertThatThrownBy(() -> AddressRules.exception(bad))
          .hasMessageContaining("index.example.com:443=10.1.2.3/32");
    }
  }

  @Test
  void ranges() throws Exception {
    assertThat(Cidr.parse("10.1.2.0/23").contains(InetAddress.getByName("10.1.3.255"))).isTrue();
    assertThat(Cidr.parse("10.1.2.0/23").contains(InetAddress.getByName("10.1.4.0"))).isFalse();
    assertThat(Cidr.parse("0.0.0.0/0").contains(InetAddress.getByName("255.1.4.0"))).isTrue();
    assertThat(Cidr.parse("0.0.0.0/0").contains(InetAddress.getByName("::1"))).isFalse();
    assertThat(Cidr.parse("10.0.0.1/32").contains(InetAddress.getByName("10.0.0.2"))).isFalse();
  }
}

package dev.hermes.egress.destination;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AllowListTest {
  private static final AllowList LIST =
      AllowList.of(List.of("pypi.example.com:443", "*.acme.example:443", "*.acme.example:8443"));

  private static boolean allows(String authority) {
    return Destination.parse(authority).filter(LIST::allows).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pypi.example.com:443",
        "PyPI.Example.COM:443",
        "a.acme.example:443",
        "a.b.acme.example:8443"
      })
  @DisplayName("SBX-8 listed names, in any case, and every name below a suffix")
  void allowed(String authority) {
    assertThat(allows(authority)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pypi.example.com:80",
        "pypi.example.com:4433",
        "files.pypi.example.com:443",
        "example.com:443",
        "acme.example:443",
        "evilacme.example:443",
        ".acme.example:443",
        "acme.example.evil.example:443",
        "a.acme.example.:443",
        "a..acme.example:443",
        "-.acme.example:443",
        "*.acme.example:443",
        "a_b.acme.example:443",
        "pypi.example.com%00.evil.example:443",
        "pypi.example.com:443:443",
        "pypi.example.com",
        "pypi.example.com:0",
        "pypi.example.com:0443x",
        "pypi.example.com:65979",
        "päypi.example.com:443"
      })
  @DisplayName("SBX-8 other ports, the suffix itself, look-alikes and what is no name")
  void refused(String authority) {
    assertThat(allows(authority)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.1:443",
        "127.1:443",
        "2130706433:443",
        "0x7f000001:443",
        "0x7f.0.0.1:443",
        "017700000001:443",
        "1.2.3.4.:443",
        "[::1]:443",
        "[::ffff:10.0.0.1]:443"
      })
  @DisplayName("an address, in every notation that a resolver takes, is told from a name")
  void literal(String authority) {
    assertThat(Destination.parse(authority)).get().matches(Destination::literal);
    assertThat(AllowList.of(List.of(authority)).allows(Destination.parse(authority).orElseThrow()))
        .isFalse();
  }

  @Test
  @DisplayName("names with digits are names")
  void digits() {
    assertThat(Destination.parse("3.example.com:443")).get().matches(name -> !name.literal());
    assertThat(Destination.parse("x1.2a:443")).get().matches(name -> !name.literal());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "*:443",
        "*.com:443",
        "a.*.example.com:443",
        "*.*.example.com:443",
        "*example.com:443",
        "https://example.com:443",
        "example.com",
        "localhost:443",
        "10.0.0.1:443",
        "*.0.0.1:443",
        "Example.com:443",
        "example.com:0",
        "example.com:65536"
      })
  @DisplayName("an entry that the CRD refuses allows nothing, and is named")
  void ignored(String entry) {
    AllowList list = AllowList.of(List.of(entry));
    assertThat(list.ignored()).containsExactly(entry);
    assertThat(list.allows(Destination.parse("example.com:443").orElseThrow())).isFalse();
  }
}

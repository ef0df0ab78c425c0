package dev.hermes.api.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressTest {
  private static final String ID = "01a2245e-7d2d-7bc0-bfa7-1a1ee4300466";

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "api.example:8082,-,-,-,49983",
        "api.example,x,-,x,49983",
        "api.example,x,49999,x,49999",
        "49999-" + ID + ".boxes.example,-,-," + ID + ",49999",
        "49999-" + ID + ".boxes.example:8082,x,8080,x,8080",
        "49999-nothing.boxes.example,-,-,-,49983",
        "999999-" + ID + ".boxes.example,-,-,-,49983",
      })
  void reads(String host, String idHeader, String portHeader, String sandbox, String port) {
    HttpHeaders headers = new DefaultHttpHeaders().set("Host", host);
    if (idHeader != null) {
      headers.set("E2b-Sandbox-Id", idHeader);
    }
    if (portHeader != null) {
      headers.set("E2b-Sandbox-Port", portHeader);
    }
    Address address = Address.of(headers);
    assertThat(address.sandbox().orElse(null)).isEqualTo(sandbox);
    assertThat(address.port()).isEqualTo(port);
  }
}

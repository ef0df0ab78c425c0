package dev.hermes.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RequestNameTest {
  private static Optional<String> name(String start, String body) {
    return RequestName.of(new HttpMessage(start, List.of(), body.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  @DisplayName("a write is named by verb, object and what it says")
  void writes() {
    assertThat(
            name(
                "POST /api/v1/namespaces/apps/secrets HTTP/1.1", "{\"metadata\":{\"name\":\"k\"}}"))
        .contains("POST secrets/k in apps");
    assertThat(name("DELETE /api/v1/namespaces/hermes-a HTTP/1.1", ""))
        .contains("DELETE namespaces/hermes-a");
    assertThat(
            name(
                "PATCH /apis/hermes.dev/v1alpha1/tenants/a/status?force=true HTTP/1.1",
                """
                {"status":{"conditions":[{"type":"Ready","reason":"Suspended","observedGeneration":3}]}}\
                """))
        .contains("PATCH tenants/a/status Ready=Suspended@3");
    assertThat(
            name(
                "PATCH /apis/hermes.dev/v1alpha1/tenants/a HTTP/1.1",
                "[{\"op\":\"remove\",\"path\":\"/metadata/finalizers\"}]"))
        .contains("PATCH tenants/a finalizer removed");
  }

  @Test
  @DisplayName("reads, Events and Leases are no writes")
  void others() {
    assertThat(name("GET /api/v1/namespaces HTTP/1.1", "")).isEmpty();
    assertThat(name("POST /apis/events.k8s.io/v1/namespaces/default/events HTTP/1.1", "{}"))
        .isEmpty();
    assertThat(
            name(
                "PUT /apis/coordination.k8s.io/v1/namespaces/x/leases/hermes-operator HTTP/1.1",
                "{}"))
        .isEmpty();
  }

  @Test
  @DisplayName("a body in chunks is read whole and handed on with its length")
  void chunks() throws IOException {
    String wire =
        "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET /y HTTP/1.1\r\n\r\n";
    ByteArrayInputStream in = new ByteArrayInputStream(wire.getBytes(StandardCharsets.ISO_8859_1));

    HttpMessage first = HttpMessage.head(in).orElseThrow().withBody(in);

    assertThat(first.text()).isEqualTo("abcde");
    assertThat(first.headers()).containsExactly("Content-Length: 5");
    assertThat(HttpMessage.head(in).orElseThrow().target()).isEqualTo("/y");
    assertThat(HttpMessage.head(in)).isEmpty();
  }
}

package dev.hermes.egress.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessagesTest {
  private static ProxyRequest request(String text) throws BadMessage {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    int end = Head.end(bytes, 0, bytes.length);
    if (end < 0) {
      throw new BadMessage("incomplete");
    }
    return ProxyRequest.of(Head.parse(text.substring(0, end)));
  }

  private static ProxyRequest.Forward forward(String text) throws BadMessage {
    return (ProxyRequest.Forward) request(text);
  }

  @Test
  @DisplayName("absolute form becomes origin form; what belongs to this hop stays here")
  void rewritten() throws Exception {
    ProxyRequest.Forward forward =
        forward(
            "GET http://Index.Example.com:8080/simple/?a=b HTTP/1.1\r\n"
                + "Host: index.example.com:8080\r\n"
                + "Proxy-Authorization: Basic c2VjcmV0\r\n"
                + "Proxy-Connection: keep-alive\r\n"
                + "Connection: keep-alive, X-Own\r\n"
                + "X-Own: 1\r\n"
                + "Keep-Alive: 5\r\n"
                + "TE: trailers\r\n"
                + "Upgrade: h2c\r\n"
                + "Authorization: Bearer own\r\n"
                + "Accept:  text/html \r\n\r\n");
    assertThat(forward.destination()).hasToString("index.example.com:8080");
    assertThat(forward.authorization()).contains("Basic c2VjcmV0");
    assertThat(forward.path()).isEqualTo("/simple/");
    assertThat(forward.forwarded())
        .hasToString(
            "GET /simple/?a=b HTTP/1.1\r\n"
                + "Host: index.example.com:8080\r\n"
                + "Authorization: Bearer own\r\n"
                + "Accept: text/html\r\n"
                + "Connection: close\r\n"
                + "Via: 1.1 hermes-egress\r\n\r\n");
  }

  @Test
  @DisplayName("the default port, no path, no Host")
  void defaults() throws Exception {
    ProxyRequest.Forward forward = forward("GET http://a.example?x HTTP/1.0\r\n\r\n");
    assertThat(forward.destination()).hasToString("a.example:80");
    assertThat(forward.forwarded().line()).isEqualTo("GET /?x HTTP/1.0");
    assertThat(forward.forwarded().all("host")).containsExactly("a.example");
    assertThat(request("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"))
        .isInstanceOf(ProxyRequest.Connect.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // two lengths, or two readings of one
        "POST http://a.example/ HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST http://a.example/ HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        "POST http://a.example/ HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\n",
        "POST http://a.example/ HTTP/1.1\r\nContent-Length: +5\r\n\r\n",
        "POST http://a.example/ HTTP/1.1\r\nContent-Length: 0x5\r\n\r\n",
        "POST http://a.example/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST http://a.example/ HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "POST http://a.example/ HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST http://a.example/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST http://a.example/ HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n",
        "POST http://a.example/ HTTP/1.1\r\nTransfer-Encoding:\u000bchunked\r\n\r\n",
        // lines
        "GET http://a.example/ HTTP/1.1\r\nX: a\r\n folded\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\n X: a\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\nHost: a.example\n\n",
        "GET http://a.example/ HTTP/1.1\r\nX: a\nY: b\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\nX: a\rY: b\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\nX: a\0\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\n: a\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\nno colon\r\n\r\n",
        "GET  http://a.example/ HTTP/1.1\r\n\r\n",
        "GET http://a.example/ HTTP/1.1 \r\n\r\n",
        "GET http://a.example/ HTTP/2.0\r\n\r\n",
        "GET http://a.example/\r\n\r\n",
        "get http://a.example/ HTTP/1.1\r\n\r\n",
        // another host
        "GET http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\nHost: a.example:81\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nConnection: host\r\n\r\n",
        "POST http://a.example/ HTTP/1.1\r\nContent-Length: 9\r\nConnection: content-length\r\n\r\n",
        "GET http://u:p@a.example/ HTTP/1.1\r\n\r\n",
        "GET http://a.example@b.example/ HTTP/1.1\r\n\r\n",
        "GET http://a.example#@b.example/ HTTP/1.1\r\n\r\n",
        "GET http://a.example\\@b.example/ HTTP/1.1\r\n\r\n",
        "GET http:///x HTTP/1.1\r\n\r\n",
        // other forms
        "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "GET https://a.example/ HTTP/1.1\r\n\r\n",
        "GET ftp://a.example/ HTTP/1.1\r\n\r\n",
        "TRACE http://a.example/ HTTP/1.1\r\n\r\n",
        "CONNECT http://a.example/ HTTP/1.1\r\n\r\n",
        "CONNECT a.example HTTP/1.1\r\n\r\n",
        "CONNECT a.example:443 HTTP/1.1\r\nHost: b.example:443\r\n\r\n",
        "CONNECT a.example:443 HTTP/1.1\r\nContent-Length: 3\r\n\r\n",
        "CONNECT a.example:443 HTTP/1.1\r\nProxy-Authorization: a\r\nProxy-Authorization: b\r\n\r\n"
      })
  @DisplayName("what two servers could read in two ways is refused")
  void refused(String text) {
    assertThatThrownBy(() -> request(text)).isInstanceOf(BadMessage.class);
  }

  private static int read(BodyReader body, String text) throws BadMessage {
    return body.read(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  @DisplayName("a counted body ends where it says, and a second request is not of it")
  void counted() throws Exception {
    BodyReader body = BodyReader.of(new Framing.Length(5));
    assertThat(read(body, "abc")).isEqualTo(3);
    assertThat(body.isDone()).isFalse();
    assertThat(read(body, "deGET / HTTP/1.1\r\n\r\n")).isEqualTo(2);
    assertThat(body.isDone()).isTrue();
  }

  @Test
  @DisplayName("chunks, byte by byte and at once, end behind their last line")
  void chunks() throws Exception {
    String text = "5\r\nhello\r\n0000A\r\n0123456789\r\n0\r\n\r\n";
    BodyReader whole = BodyReader.of(new Framing.Chunked());
    assertThat(read(whole, text + "GET / HTTP/1.1")).isEqualTo(text.length());
    assertThat(whole.isDone()).isTrue();
    BodyReader slow = BodyReader.of(new Framing.Chunked());
    for (char c : text.toCharArray()) {
      assertThat(slow.isDone()).isFalse();
      assertThat(read(slow, String.valueOf(c))).isEqualTo(1);
    }
    assertThat(slow.isDone()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "5;x=y\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\nhello\n0\n\n",
        "-1\r\n",
        "0x5\r\nhello",
        "\r\n",
        "FFFFFFFFFFFFFFFFF\r\n",
        "5\r\nhelloX",
        "5\r\nhello\n",
        "0\r\nTrailer: x\r\n\r\n"
      })
  @DisplayName("extensions, trailers, other line ends and sizes that overflow are refused")
  void badChunks(String text) {
    assertThatThrownBy(() -> read(BodyReader.of(new Framing.Chunked()), text))
        .isInstanceOf(BadMessage.class);
  }

  @Test
  @DisplayName("an answer loses what belongs to its connection; a redirect is passed as it is")
  void response() throws Exception {
    Response response =
        Response.of(
            Head.parse(
                "HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nConnection: keep-alive\r\n"
                    + "Keep-Alive: 5\r\nProxy-Authenticate: Basic\r\nContent-Length: 3\r\n\r\n"),
            "GET");
    assertThat(response.head())
        .hasToString(
            "HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 3\r\n"
                + "Connection: close\r\nVia: 1.1 hermes-egress\r\n\r\n");
    assertThat(response.framing()).isEqualTo(new Framing.Length(3));
    assertThat(
            Response.of(Head.parse("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"), "HEAD")
                .framing())
        .isEqualTo(new Framing.None());
    assertThat(Response.of(Head.parse("HTTP/1.1 200\r\n\r\n"), "GET").framing())
        .isEqualTo(new Framing.UntilClose());
    assertThatThrownBy(() -> Response.of(Head.parse("HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n"), "GET"))
        .isInstanceOf(BadMessage.class);
  }

  @Test
  @DisplayName("the end of a head is found whatever way it came in")
  void end() throws Exception {
    byte[] bytes = "GET x HTTP/1.1\r\nA: b\r\n\r\nrest".getBytes(StandardCharsets.ISO_8859_1);
    for (int split = 1; split < bytes.length; split++) {
      int first = Head.end(Arrays.copyOf(bytes, split), 0, split);
      int end = first >= 0 ? first : Head.end(bytes, Math.max(0, split - 3), bytes.length);
      assertThat(end).isEqualTo(bytes.length - 4);
    }
  }
}
